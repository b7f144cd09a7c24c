//! Secure monitor calls.

use abi::{Error, Invocation};

use crate::cap::Cap;
use crate::invoke::invoke;

/// Authority to call the secure monitor; a badge limits it to one function.
///
/// ```no_run
/// use libsys::Error;
/// use libsys::initial::SMC;
///
/// /// `PSCI_VERSION` (Arm DEN 0022, 5.1).
/// fn psci_version() -> Result<u64, Error> {
///     let [version, ..] = SMC.call([0x8400_0000, 0, 0, 0, 0, 0, 0, 0])?;
///     Ok(version)
/// }
/// # fn main() {}
/// ```
pub enum Smc {}

impl Cap<Smc> {
    /// Calls the secure monitor with these x0 to x7 and answers them as it leaves them.
    ///
    /// # Errors
    /// - `IllegalOperation`: the capability's badge is another function than the first register.
    #[inline]
    pub fn call(self, registers: [u64; 8]) -> Result<[u64; 8], Error> {
        let reply = invoke(self.pointer(), Invocation::SmcCall, &registers, &[])?;
        Ok(core::array::from_fn(|index| reply.word(index)))
    }
}

//! Which part of the console is the output of the command: what is between two lines of the
//! personality.

/// The line before the command.
const BEGIN: &str = "linux: ready";
/// How the line begins that says how the command has ended.
const STATUS: &str = "linux: exit status ";

/// The status that a line tells.
pub(crate) fn status(line: &str) -> Option<u8> {
    line.trim_end().strip_prefix(STATUS)?.parse().ok()
}

/// What has been seen of the console.
#[derive(Debug, Default)]
pub(crate) struct Guest {
    has_begun: bool,
    has_ended: bool,
    /// Whether the beginning of the present line was output.
    is_output: bool,
    /// The beginning of a line that may be one of those that do not count.
    held: Vec<u8>,
}

impl Guest {
    /// What of a chunk is output of the command.
    pub(crate) fn output(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        for byte in chunk.iter().filter(|byte| **byte != b'\r') {
            self.take(*byte, &mut output);
        }
        output
    }

    fn take(&mut self, byte: u8, output: &mut Vec<u8>) {
        let is_end = byte == b'\n';
        self.held.push(byte);
        if self.has_begun && !self.has_ended && (self.is_output || !self.may_be_status()) {
            output.append(&mut self.held);
            self.is_output = !is_end;
        } else if is_end {
            self.has_ended |= self.has_begun;
            self.has_begun |= self.held.trim_ascii() == BEGIN.as_bytes();
            self.held.clear();
        }
    }

    /// Whether what is held begins the line that tells the status.
    fn may_be_status(&self) -> bool {
        let status = STATUS.as_bytes();
        status.starts_with(&self.held) || self.held.starts_with(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_output_of_the_command_counts() {
        let mut guest = Guest::default();
        assert_eq!(guest.output(b"root-task: ready\r\nblk: 8 sectors\r\nlinux: re"), b"");
        assert_eq!(guest.output(b"ady\r\none\r\nli"), b"one\n");
        assert_eq!(guest.output(b"nux\nthree"), b"linux\nthree");
        let end = b"linux: exit status 9\nlinux: exit status 3\r\nroot-task: over\n";
        assert_eq!(guest.output(end), b"linux: exit status 9\n", "the first is in its line");
        assert_eq!(status("linux: exit status 3\r"), Some(3));
        assert_eq!(status("linux: exit status"), None);
    }
}

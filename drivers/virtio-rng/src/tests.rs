//! Clients that draw, and a device that gives, too little, or what it may not.

use std::vec;
use std::vec::Vec;

use libsys::server::{CallError, Recorded};
use libsys::service::entropy::{Refusal, interface::Draw};
use virtio::DeviceType;
use virtio::fake::{Device, FakeTransport, Setup};

use crate::Source;

type TestSource = Source<FakeTransport, Recorded, 4>;

fn start() -> (Device, TestSource) {
    let kind = DeviceType::EntropySource;
    let (device, transport) = Device::new(Setup { kind, ..Setup::BLOCK });
    (device, Source::new(transport).expect("it starts"))
}

fn draw(source: &mut TestSource, count: u64) -> Recorded {
    let caller = Recorded::new();
    source.drawing.ask(&caller.ask(1, &Draw { count }), caller.clone());
    source.work();
    caller
}

fn drawn(caller: &Recorded) -> Option<Result<Vec<u8>, CallError<Refusal>>> {
    caller.answer::<Draw>().map(|answer| answer.map(|bytes| bytes.to_vec()))
}

#[test]
fn as_much_as_is_wanted_is_asked_for_and_no_byte_goes_to_two() {
    let (device, mut source) = start();
    let (one, other) = (draw(&mut source, 10), draw(&mut source, 90));
    let first = device.take(0).expect("a buffer");
    let second = device.take(0).expect("another, for 100 bytes in all");
    assert_eq!(device.take(0), None);
    first.write(0, &[7; 64]);
    device.put(0, first.head, 64);
    source.interrupted();
    assert_eq!(drawn(&one), Some(Ok(vec![7; 10])));
    assert!(!other.is_answered());
    second.write(0, &[8; 64]);
    device.put(0, second.head, 64);
    source.interrupted();
    let mut expected = vec![7; 54];
    expected.extend([8; 36]);
    assert_eq!(drawn(&other), Some(Ok(expected)));
    let third = draw(&mut source, 1);
    let chain = device.take(0).expect("fresh ones: the rest is gone");
    let (physical, bytes) = chain.writable[0];
    let (window, at) = dma::fake::reach(physical, bytes.into()).expect("memory");
    let mut wiped = [1; 64];
    window.read_bytes(at, &mut wiped);
    assert_eq!(wiped, [0; 64]);
    device.put(0, chain.head, 5);
    source.interrupted();
    assert!(third.is_answered());
}

#[test]
fn a_device_that_gives_nothing_has_failed() {
    let (device, mut source) = start();
    let caller = draw(&mut source, 8);
    for _ in 0..64 {
        if let Some(chain) = device.take(0) {
            device.put(0, chain.head, 0);
        }
        source.interrupted();
    }
    assert_eq!(drawn(&caller), Some(Err(CallError::Refused(Refusal::Failed))));
    let next = draw(&mut source, 8);
    let chain = device.take(0).expect("it is asked again");
    device.put(0, chain.head, 64);
    source.interrupted();
    assert!(matches!(drawn(&next), Some(Ok(_))), "it has recovered");
}

#[test]
fn a_device_that_misbehaves_is_started_again_and_asked_again() {
    let (device, mut source) = start();
    let caller = draw(&mut source, 8);
    device.put(0, 3, 64);
    source.interrupted();
    let chain = device.take(0).expect("asked again, after a reset");
    device.put(0, chain.head, 65);
    source.interrupted();
    let chain = device.take(0).expect("and again");
    chain.write(0, &[9; 64]);
    device.put(0, chain.head, 64);
    source.interrupted();
    assert_eq!(drawn(&caller), Some(Ok(vec![9; 8])));
    let caller = draw(&mut source, 8);
    device.misbehave(|faults| faults.stays_busy = true);
    device.put(0, 7, 64);
    source.interrupted();
    assert_eq!(drawn(&caller), Some(Err(CallError::Refused(Refusal::Failed))));
}

#[test]
fn another_device_is_not_started() {
    let (_, transport) = Device::new(Setup::BLOCK);
    assert!(TestSource::new(transport).is_err());
}

//! Packing refuses what the loader could not build, and says where it is written.

use capdl::Sources;
use capdl::code::Code;
use capdl::pack::{Options, Packed, pack};
use layout::cap::{Cap, Derivation, Entry, Place};
use layout::memory::{BootPart, Fill, Frame, FrameSize, Position, Source};
use layout::object::{CNode, Kind, Object, Untyped};
use layout::{Model, ObjectId, Rights, Span};
use packed::Image;
use packed::placing::place_all;
use plan::Planner;

fn add(model: &mut Model, name: &str, kind: Kind, inside: Option<ObjectId>) -> ObjectId {
    model.add(Object { inside, ..Object::new(name, kind, Span::NOWHERE) })
}

fn untyped(bits: u64) -> Kind {
    Kind::Untyped(Untyped { bits, address: None })
}

fn frame(size: FrameSize, fills: Vec<Fill>) -> Kind {
    Kind::Frame(Frame { size, position: Position::Anywhere, fills })
}

fn packed(model: &Model) -> Result<Packed, String> {
    pack(model, &Sources::default(), &Options::default()).map_err(|wrong| {
        assert!(wrong.iter().all(|wrong| wrong.code == Code::NOT_PACKED));
        wrong.iter().map(|wrong| wrong.message.as_str()).collect()
    })
}

/// A capability in slot 1 of a CNode, and one in slot 2 that is derived from it.
fn derived(object: Kind, cap: impl Fn(ObjectId) -> Cap) -> Model {
    let mut model = Model::named("derived");
    let object = add(&mut model, "thing", object, None);
    let entry = |slot| Entry { slot, cap: cap(object), span: Span::NOWHERE };
    let node = Kind::CNode(CNode { bits: 4, slots: vec![entry(1), entry(2)] });
    let node = add(&mut model, "node", node, None);
    let place = |slot| Place { node, slot };
    let (child, parent) = (place(2), place(1));
    model.derivations.push(Derivation { child, parent, span: Span::NOWHERE });
    model
}

#[test]
fn memory_may_be_described_before_what_it_lies_in() {
    let mut model = Model::named("nested");
    let inner = add(&mut model, "inner", untyped(14), Some(ObjectId(2)));
    add(&mut model, "f", frame(FrameSize::Small, Vec::new()), Some(inner));
    add(&mut model, "outer", untyped(16), None);
    let packed = packed(&model).expect("a good model");
    let image = Image::new(&packed.bytes).expect("a good image");
    let memory = abi::bootinfo::UntypedDescriptor {
        address: 1 << 20,
        size_bits: 20,
        ..abi::bootinfo::UntypedDescriptor::default()
    };
    let mut steps = 0;
    place_all(image.layout.objects, &mut Planner::new(&[memory]), &mut |_| steps += 1)
        .expect("enough memory");
    assert_eq!(steps, 5, "three objects, and two pieces of memory opened");
}

#[test]
fn memory_in_itself_is_refused() {
    let mut model = Model::named("circle");
    add(&mut model, "circle", untyped(14), Some(ObjectId(0)));
    assert!(packed(&model).expect_err("a circle").contains("`circle` lies in itself"));
}

#[test]
fn what_others_come_from_has_all_rights() {
    let endpoint = |rights| {
        derived(Kind::Endpoint, move |object| Cap::Endpoint { object, rights, badge: None })
    };
    assert!(packed(&endpoint(Rights::ALL)).is_ok());
    let message = packed(&endpoint(Rights::READ)).expect_err("fewer rights");
    let has = "others come from this capability to `thing`, which has only R:";
    assert_eq!(message, format!("{has} it must have all rights, RWGP"));
}

#[test]
fn what_the_loader_needs_does_not_move() {
    let thread = derived(Kind::Thread(Box::default()), Cap::Thread);
    let message = packed(&thread).expect_err("a thread");
    assert!(message.contains("`thing`"), "{message}");
}

#[test]
fn frames_of_a_gibibyte_are_not_filled() {
    let source = Source::BootInfo { part: BootPart::BootInfo, offset: 0 };
    let fill = Fill { at: 0, length: 8, source, span: Span::NOWHERE };
    for (fills, is_good) in [(Vec::new(), true), (vec![fill], false)] {
        let mut model = Model::named("huge");
        add(&mut model, "huge", frame(FrameSize::Huge, fills), None);
        assert_eq!(packed(&model).is_ok(), is_good);
    }
}

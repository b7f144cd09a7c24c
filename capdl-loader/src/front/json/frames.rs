//! Frames and what fills them.

use layout::Span;
use layout::memory::{BootPart, Content, ContentId, Fill, Frame, FrameSize, Position, Source};

use super::Reader;
use super::fields::Fields;
use super::value::{Json, Node};
use crate::code::Code;

impl Reader<'_> {
    /// `{"size_bits": 12, "paddr": null, "init": {"Fill": {"entries": []}}}`.
    pub(super) fn frame(&mut self, fields: &mut Fields<'_, '_>) -> Frame {
        let mut size = FrameSize::Small;
        if let Some(node) = fields.required("size_bits", self.problems)
            && let Some(bits) = self.number(node)
        {
            let known = FrameSize::ALL.into_iter().find(|size| u64::from(size.bits()) == bits);
            if known.is_none() {
                let message = format!("no frame has 2^{bits} bytes");
                let help = "write 12, 21 or 30";
                self.problems.error(Code::PARAMETER, node.span, message, help);
            }
            size = known.unwrap_or(size);
        }
        let address = self.number_or_null(fields, "paddr");
        let position = address.map_or(Position::Anywhere, Position::At);
        let init = fields.optional("init").filter(|node| !node.is_null());
        let fills = init.map(|node| self.fills(node)).unwrap_or_default();
        Frame { size, position, fills }
    }

    /// A fill, or a variant that holds one.
    fn fills(&mut self, node: &Node<'_>) -> Vec<Fill> {
        let is_variant = matches!(&node.value, Json::Object(members)
            if matches!(&members[..], [(name, _)]
                if matches!(&name.value, Json::Text(text) if text != "entries")));
        let fill = if is_variant {
            match self.variant(node, "`init`") {
                Some((variant, Some(fill))) if variant == "fill" => fill,
                _ => {
                    let help = "make the file before contents are embedded into an image";
                    let message = "what fills this frame is in another file";
                    self.problems.error(Code::FILE, node.span, message, help);
                    return Vec::new();
                }
            }
        } else {
            node
        };
        let Some(mut fields) = self.fields(fill, "a fill") else { return Vec::new() };
        let entries = fields.required("entries", self.problems);
        fields.report_rest(self.problems);
        let entries = entries.map(|node| self.list(node)).unwrap_or_default();
        entries.iter().filter_map(|node| self.fill(node)).collect()
    }

    /// `{"range": {"start": 0, "end": 4096}, "content": {"Data": {...}}}`.
    fn fill(&mut self, node: &Node<'_>) -> Option<Fill> {
        let mut fields = self.fields(node, "an entry of a fill")?;
        let range = fields.required("range", self.problems).and_then(|node| self.range(node));
        let content = fields.required("content", self.problems);
        fields.report_rest(self.problems);
        let (start, end) = range?;
        let content = content?;
        let (variant, value) = self.variant(content, "`content`")?;
        let source = match (variant.as_str(), value) {
            ("data", Some(value)) => self.data(value)?,
            ("bootinfo", Some(value)) => self.boot_info(value)?,
            _ => {
                let help = "write `{\"Data\": {...}}` or `{\"BootInfo\": {...}}`";
                let message = "a frame is filled by data or by boot information";
                self.problems.error(Code::WRONG_TYPE, content.span, message, help);
                return None;
            }
        };
        Some(Fill { at: start, length: end - start, source, span: node.span })
    }

    /// A part of a file, or the bytes themselves.
    fn data(&mut self, node: &Node<'_>) -> Option<Source> {
        let mut fields = self.fields(node, "`Data`")?;
        if let Some(bytes) = fields.optional("bytes") {
            fields.report_rest(self.problems);
            let content = self.inline(bytes);
            return Some(Source::File { content, offset: 0 });
        }
        let file = fields.required("file", self.problems);
        let offset = self.number_in(&mut fields, "file_offset");
        // The length is that of the range.
        let _ = fields.optional("file_length");
        fields.report_rest(self.problems);
        let file = file?;
        let name = self.text(file)?.to_string();
        Some(Source::File { content: self.content(name, file.span), offset })
    }

    fn content(&mut self, name: String, span: Span) -> ContentId {
        if let Some(content) = self.contents.get(&name) {
            return *content;
        }
        let content = self.model.add_content(Content { name: name.clone(), bytes: None, span });
        self.contents.insert(name, content);
        content
    }

    /// Bytes as numbers: a content without a file.
    fn inline(&mut self, node: &Node<'_>) -> ContentId {
        let mut bytes = Vec::new();
        for item in self.list(node) {
            let byte = self.number(item).map(u8::try_from);
            if let Some(Err(_)) = byte {
                let help = "write numbers from 0 to 255";
                self.problems.error(Code::NUMBER, item.span, "this is no byte", help);
            }
            bytes.extend(byte.and_then(Result::ok));
        }
        let name = format!("bytes {}", self.model.contents.len());
        self.model.add_content(Content { name, bytes: Some(bytes), span: node.span })
    }

    /// `{"id": "Fdt", "offset": 0}`.
    fn boot_info(&mut self, node: &Node<'_>) -> Option<Source> {
        let mut fields = self.fields(node, "`BootInfo`")?;
        let id = fields.required("id", self.problems);
        let offset = self.number_in(&mut fields, "offset");
        fields.report_rest(self.problems);
        let id = id?;
        if self.text(id)? != "Fdt" {
            let help = "this kernel says `Fdt` at boot";
            let message = "there is no such boot information";
            self.problems.error(Code::FOREIGN, id.span, message, help);
            return None;
        }
        Some(Source::BootInfo { part: BootPart::DeviceTree, offset })
    }
}

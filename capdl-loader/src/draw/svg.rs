//! How a picture is written: SVG with a title and a description, in colours that follow the
//! page, light or dark.

use std::fmt::Write;

/// Pixels that a letter of the small and of the large size is wide, at most, on average.
const LETTER: [i64; 2] = [6, 8];

/// A picture being written.
#[derive(Clone, Debug)]
pub struct Svg {
    body: String,
    title: String,
    description: String,
}

/// Sizes of letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letters {
    /// For details.
    Small,
    /// For names.
    Large,
}

impl Letters {
    /// Pixels that a text takes.
    #[must_use]
    pub fn width(self, text: &str) -> i64 {
        LETTER[self as usize] * i64::try_from(text.chars().count()).unwrap_or(0)
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "name",
        }
    }
}

/// Where a text stands: its middle or its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Svg {
    /// A picture with what screen readers say.
    #[must_use]
    pub fn new(title: &str, description: &str) -> Self {
        let (title, description) = (escaped(title), escaped(description));
        Self { body: String::new(), title, description }
    }

    /// A rectangle of a class, which tells its colours.
    pub fn rect(&mut self, class: &str, (x, y): (i64, i64), (width, height): (i64, i64)) {
        self.line(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             rx=\"4\"/>"
        ));
    }

    /// A text.
    pub fn text(&mut self, letters: Letters, anchor: Anchor, (x, y): (i64, i64), text: &str) {
        let class = letters.class();
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.line(&format!(
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{text}</text>"
        ));
    }

    /// Begins a group with a tooltip; ended by [`Svg::end`].
    pub fn group(&mut self, tooltip: &str) {
        self.line(&format!("<g><title>{}</title>", escaped(tooltip)));
    }

    /// Ends a group.
    pub fn end(&mut self) {
        self.line("</g>");
    }

    /// A curve of a class with an arrow at its end.
    pub fn arrow(&mut self, class: &str, path: &str) {
        self.line(&format!(
            "<path class=\"{class}\" marker-end=\"url(#{class}-end)\" d=\"{path}\"/>"
        ));
    }

    /// A straight line of a class.
    pub fn stroke(&mut self, class: &str, (x1, y1): (i64, i64), (x2, y2): (i64, i64)) {
        self.line(&format!("<path class=\"{class}\" d=\"M{x1} {y1}L{x2} {y2}\"/>"));
    }

    fn line(&mut self, text: &str) {
        self.body.push_str(text);
        self.body.push('\n');
    }

    /// The file, for a picture of this size.
    #[must_use]
    pub fn finish(self, width: i64, height: i64) -> String {
        let Self { body, title, description } = self;
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-labelledby=\"title description\">\n\
             <title id=\"title\">{title}</title>\n\
             <desc id=\"description\">{description}</desc>\n\
             <style>\n{STYLE}{DARK}</style>\n<defs>\n"
        );
        for class in LINES {
            let _ = writeln!(
                out,
                "<marker id=\"{class}-end\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
                 markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\">\
                 <path class=\"{class}-tip\" d=\"M0 0L8 4L0 8z\"/></marker>"
            );
        }
        let _ = write!(
            out,
            "</defs>\n<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n"
        );
        out
    }
}

/// What stands for itself in XML; letters that XML has no place for become question marks.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            _ => out.push(letter),
        }
    }
    out
}

/// Classes of lines that end in arrows.
const LINES: [&str; 7] = ["call", "signal", "fault", "read", "write", "dma", "control"];

/// Colours on light pages: lines by class, then fills.
const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;\
fill:#1c2733;paint-order:stroke;stroke:#ffffff;stroke-width:3px;stroke-linejoin:round}
.box text{stroke:none}
.name{font-size:14px;font-weight:600}
.small{font-size:11px}
.page{fill:#ffffff}
.component,.memory,.device,.power,.free,.bar,.idle{stroke-width:1.5}
.component{fill:#e3eefb;stroke:#2c6cb0}
.memory{fill:#e4f4e4;stroke:#3b8544}
.device{fill:#fbeedd;stroke:#b06a1c}
.power{fill:#f6e3f1;stroke:#a03a86}
.free{fill:#f4f5f7;stroke:#8a94a0}
.idle{fill:#f4f5f7;stroke:none}
.bar{fill:#2c6cb0;stroke:none}
.axis{stroke:#8a94a0;stroke-width:1;fill:none}
.call,.signal,.fault,.read,.write,.dma,.control{fill:none;stroke-width:1.6}
.call{stroke:#2c6cb0}.call-tip{fill:#2c6cb0}
.signal{stroke:#b06a1c;stroke-dasharray:7 3}.signal-tip{fill:#b06a1c}
.fault{stroke:#c0392b;stroke-dasharray:2 3}.fault-tip{fill:#c0392b}
.read{stroke:#3b8544}.read-tip{fill:#3b8544}
.write{stroke:#c0392b}.write-tip{fill:#c0392b}
.dma{stroke:#b06a1c;stroke-dasharray:7 3 2 3}.dma-tip{fill:#b06a1c}
.control{stroke:#a03a86}.control-tip{fill:#a03a86}
";

/// Colours on dark pages.
const DARK: &str = "\
@media (prefers-color-scheme:dark){
text{fill:#e6ebf0;stroke:#14191f}.page{fill:#14191f}
.component{fill:#16304d;stroke:#6aa9ea}.memory{fill:#17361b;stroke:#74c07d}
.device{fill:#40290d;stroke:#e0a050}.power{fill:#3c1633;stroke:#d97cc0}
.free,.idle{fill:#222a33}.bar{fill:#6aa9ea}
.call{stroke:#6aa9ea}.call-tip{fill:#6aa9ea}.signal{stroke:#e0a050}.signal-tip{fill:#e0a050}
.fault,.write{stroke:#f0796c}.fault-tip,.write-tip{fill:#f0796c}
.read{stroke:#74c07d}.read-tip{fill:#74c07d}.dma{stroke:#e0a050}.dma-tip{fill:#e0a050}
.control{stroke:#d97cc0}.control-tip{fill:#d97cc0}
}
";

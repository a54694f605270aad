//! What the SVG pictures have in common: elements in, well-formed XML out.

use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::borrow::Cow;
use std::io::{self, Write};

/// An SVG document being written. Texts and attributes are escaped.
pub(super) struct Svg<W> {
    writer: Writer<W>,
}

impl<W: Write> Svg<W> {
    /// Begins a document of this size, in pixels, with a title and a style sheet.
    pub(super) fn begin(out: W, width: f64, height: f64, title: &str, style: &str) -> io::Result<Self> {
        let mut svg = Self { writer: Writer::new(out) };
        svg.writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        svg.line()?;
        // In a narrow window it shrinks, as long as its names can be read.
        let style_of_root = format!("max-width: 100%; min-width: {}px; height: auto", number(0.6 * width));
        let (width, height) = (number(width), number(height));
        svg.open(
            "svg",
            &[
                ("xmlns", "http://www.w3.org/2000/svg"),
                ("width", &width),
                ("height", &height),
                ("viewBox", &format!("0 0 {width} {height}")),
                ("style", &style_of_root),
                ("font-family", "ui-monospace, Menlo, Consolas, monospace"),
                ("font-size", "12"),
            ],
        )?;
        svg.line()?;
        svg.text("title", &[], title)?;
        svg.open("style", &[])?;
        svg.writer.write_event(Event::CData(BytesCData::new(style)))?;
        svg.close("style")?;
        svg.line()?;
        Ok(svg)
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        let element = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.writer.write_event(Event::Start(element))
    }

    /// An element without anything in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        let element = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.writer.write_event(Event::Empty(element))
    }

    /// Closes the element of this name that was opened last.
    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with a text in it.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
        self.open(name, attributes)?;
        self.writer.write_event(Event::Text(BytesText::new(&without_noncharacters(text))))?;
        self.close(name)
    }

    /// A program, which must not hold `]]>`.
    pub(super) fn script(&mut self, program: &str) -> io::Result<()> {
        self.open("script", &[])?;
        self.writer.write_event(Event::CData(BytesCData::new(program)))?;
        self.close("script")
    }

    /// A line's end, for people who look at the file.
    pub(super) fn line(&mut self) -> io::Result<()> {
        self.writer.get_mut().write_all(b"\n")
    }

    /// Ends the document.
    pub(super) fn end(mut self) -> io::Result<()> {
        self.close("svg")?;
        self.line()
    }
}

/// XML has no way to hold U+FFFE and U+FFFF, and a browser shows nothing of a picture that does.
fn without_noncharacters(text: &str) -> Cow<'_, str> {
    let mut whole = Cow::Borrowed(text);
    for (letter, escape) in [('\u{fffe}', r"\u{fffe}"), ('\u{ffff}', r"\u{ffff}")] {
        if whole.contains(letter) {
            whole = Cow::Owned(whole.replace(letter, escape));
        }
    }
    whole
}

/// A length in pixels, to the hundredth.
pub(super) fn number(length: f64) -> String {
    let text = format!("{length:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

//! Source positions as links of a terminal (OSC 8).

use mbuf_trace::Position;
use std::fmt;
use std::str::FromStr;

/// Where a position points to: a text with `{path}` and `{line}` in it.
///
/// ```
/// use trace_view::timeline::LinkTemplate;
///
/// assert!("vscode://file{path}:{line}".parse::<LinkTemplate>().is_ok());
/// assert!("http://localhost/".parse::<LinkTemplate>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTemplate {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Path,
    Line,
}

/// The template is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkTemplateError {
    /// Nothing would tell one position from another.
    #[error("a link template needs {{path}} in it, as in vscode://file{{path}}:{{line}}")]
    NoPath,
    /// A name that does not exist.
    #[error("unknown {{{0}}} in the link template; there are {{path}} and {{line}}")]
    UnknownName(String),
    /// A character that would end the link on a terminal.
    #[error("a link template is printable ASCII without spaces")]
    Unprintable,
}

impl FromStr for LinkTemplate {
    type Err = LinkTemplateError;

    fn from_str(text: &str) -> Result<Self, LinkTemplateError> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(LinkTemplateError::Unprintable);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) =
                after.split_once('}').ok_or_else(|| LinkTemplateError::UnknownName(after.to_owned()))?;
            parts.push(Part::Literal(before.to_owned()));
            parts.push(match name {
                "path" => Part::Path,
                "line" => Part::Line,
                _ => return Err(LinkTemplateError::UnknownName(name.to_owned())),
            });
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        if !parts.contains(&Part::Path) {
            return Err(LinkTemplateError::NoPath);
        }
        Ok(Self { parts })
    }
}

impl LinkTemplate {
    /// A text as a link to the position, for a terminal.
    pub(super) fn show<'a>(&'a self, position: Position<'a>, text: &'a str) -> impl fmt::Display + 'a {
        Link { template: self, position, text }
    }
}

struct Link<'a> {
    template: &'a LinkTemplate,
    position: Position<'a>,
    text: &'a str,
}

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\x1b]8;;")?;
        for part in &self.template.parts {
            match part {
                Part::Literal(text) => f.write_str(text)?,
                Part::Line => write!(f, "{}", self.position.line)?,
                Part::Path => path(f, self.position.file.as_bytes())?,
            }
        }
        write!(f, "\x1b\\{}\x1b]8;;\x1b\\", self.text)
    }
}

/// The path as part of a URL: whatever has a meaning there, or none, as `%` and two digits.
fn path(f: &mut fmt::Formatter<'_>, path: &[u8]) -> fmt::Result {
    for byte in path {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'~' => {
                write!(f, "{}", char::from(*byte))?;
            }
            _ => write!(f, "%{byte:02X}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::Text;

    #[test]
    fn a_hostile_path_stays_in_its_link() {
        let template: LinkTemplate = "vscode://file{path}:{line}".parse().unwrap();
        let position = Position { file: Text(b"/a b\x1b\\\x07.c"), line: 7 };
        let link = template.show(position, &position.to_string()).to_string();
        let expected = "\x1b]8;;vscode://file/a%20b%1B%5C%07.c:7\x1b\\/a b\\x1b\\\\\\x07.c:7\x1b]8;;\x1b\\";
        assert_eq!(link, expected);
    }

    #[test]
    fn bad_templates() {
        for (text, error) in [
            ("file://x", LinkTemplateError::NoPath),
            ("x{path}{col}", LinkTemplateError::UnknownName("col".to_owned())),
            ("x{path", LinkTemplateError::UnknownName("path".to_owned())),
            ("x {path}", LinkTemplateError::Unprintable),
            ("\x1b{path}", LinkTemplateError::Unprintable),
        ] {
            assert_eq!(text.parse::<LinkTemplate>(), Err(error));
        }
    }
}

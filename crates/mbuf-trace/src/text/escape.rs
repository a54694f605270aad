//! A text as one line that does no harm on a terminal.

use super::Text;
use core::fmt;

/// One line of harmless text: control characters, DEL, C1, bidirectional overrides and line separators as
/// `\n`, `\x1b` or `\u{202e}`, bytes that are not UTF-8 as `\xff`, and a backslash as two, so that what is
/// shown tells exactly which bytes there were.
impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some(at) = rest.find(needs_escape) {
                let (plain, special) = rest.split_at_checked(at).unwrap_or_default();
                f.write_str(plain)?;
                let mut letters = special.chars();
                match letters.next().unwrap_or_default() {
                    '\n' => f.write_str("\\n")?,
                    '\t' => f.write_str("\\t")?,
                    '\r' => f.write_str("\\r")?,
                    '\\' => f.write_str("\\\\")?,
                    letter @ ('\0'..='\x1f' | '\x7f') => write!(f, "\\x{:02x}", u32::from(letter))?,
                    letter => write!(f, "\\u{{{:x}}}", u32::from(letter))?,
                }
                rest = letters.as_str();
            }
            f.write_str(rest)?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a letter is shown as something else.
pub(super) fn needs_escape(letter: char) -> bool {
    !matches!(letter, ' '..='[' | ']'..='~') && (letter == '\\' || is_unsafe(letter))
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Characters that are valid text and still change how a terminal or a browser shows their neighbours, or hide: C0 and
/// C1 controls, line and paragraph separators, the bidirectional formatting characters, annotations, and all that
/// Unicode lets a display ignore (`Default_Ignorable_Code_Point` in DerivedCoreProperties.txt of Unicode 16: zero-width
/// characters, fillers, variation selectors, tags …).
#[must_use]
pub const fn is_unsafe(letter: char) -> bool {
    matches!(letter,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}'
        | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

//! What is shown in which colour.

use anstyle::{AnsiColor, Reset, Style};
use std::fmt::{self, Write as _};

/// The styles of a timeline. The default has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Palette {
    pub(crate) number: Colour,
    pub(crate) time: Colour,
    pub(crate) summary: Colour,
    pub(crate) dim: Colour,
    pub(crate) enter: Colour,
    pub(crate) leave: Colour,
    pub(crate) function: Colour,
    pub(crate) snapshot: Colour,
    pub(crate) drop: Colour,
    pub(crate) fault: Colour,
    pub(crate) note: Colour,
    pub(crate) reset: Colour,
}

/// What switches a style on; nothing where there are no colours.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Colour(Option<Kind>);

#[derive(Debug, Clone, Copy)]
enum Kind {
    On(Style),
    Off,
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Kind::On(style)) => style.render().fmt(f),
            Some(Kind::Off) => Reset.render().fmt(f),
            None => Ok(()),
        }
    }
}

impl Colour {
    /// Appends it.
    pub(crate) fn push(self, out: &mut String) {
        if self.0.is_some() {
            // Writing to a String cannot fail.
            let _ = write!(out, "{self}");
        }
    }
}

impl Palette {
    /// Colours of the terminal's own sixteen, readable on dark and light.
    #[must_use]
    pub const fn coloured() -> Self {
        const fn on(style: Style) -> Colour {
            Colour(Some(Kind::On(style)))
        }
        const fn fg(colour: AnsiColor) -> Style {
            Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
        }
        Self {
            number: on(Style::new().bold()),
            time: on(Style::new().dimmed()),
            summary: on(Style::new().bold()),
            dim: on(Style::new().dimmed()),
            enter: on(fg(AnsiColor::Green)),
            leave: on(fg(AnsiColor::Yellow)),
            function: on(fg(AnsiColor::Cyan)),
            snapshot: on(fg(AnsiColor::Blue)),
            drop: on(fg(AnsiColor::Red).bold()),
            fault: on(fg(AnsiColor::Red)),
            note: on(fg(AnsiColor::Magenta)),
            reset: Colour(Some(Kind::Off)),
        }
    }

    /// The colour of an event's words.
    pub(super) const fn of(&self, kind: mbuf_trace::Kind) -> Colour {
        use mbuf_trace::Kind;
        match kind {
            Kind::Data => self.snapshot,
            Kind::Enter => self.enter,
            Kind::Leave => self.leave,
            Kind::Function | Kind::Start => self.function,
            Kind::Drop => self.drop,
            Kind::Unknown => self.note,
            _ => self.reset,
        }
    }
}

//! The interfaces of the current section, bounded in number and size.

use super::{MAX_INTERFACE_NAMES, MAX_INTERFACES};
use crate::Interface;
use crate::error::WarningKind;

#[derive(Default)]
pub(super) struct Interfaces {
    known: Vec<Interface>,
    /// Interfaces described in the section, remembered or not.
    described: u32,
    name_bytes: usize,
    names_full: bool,
    /// The last one described beyond the bound.
    surplus: Option<Interface>,
}

impl Interfaces {
    pub(super) fn known(&self) -> &[Interface] {
        &self.known
    }

    /// Forgets the section's interfaces, and gives back the memory that a section of very many took.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.known.shrink_to(16);
        *self = Self { known: std::mem::take(&mut self.known), ..Self::default() };
    }

    /// The interface that was described last.
    pub(super) fn last(&self) -> Option<&Interface> {
        self.surplus.as_ref().or(self.known.last())
    }

    /// Numbers an interface within the section and remembers it while there is room.
    pub(super) fn push(&mut self, mut interface: Interface, warn: &mut dyn FnMut(WarningKind)) {
        interface.id = self.described;
        self.described = self.described.saturating_add(1);
        if self.known.len() as u64 >= MAX_INTERFACES {
            if u64::from(interface.id) == MAX_INTERFACES {
                warn(WarningKind::TooManyInterfaces { limit: MAX_INTERFACES });
            }
            self.surplus = Some(interface);
            return;
        }
        for text in [&mut interface.name, &mut interface.description] {
            let length = text.as_ref().map_or(0, |text| text.len());
            let total = self.name_bytes.saturating_add(length);
            if total <= MAX_INTERFACE_NAMES {
                self.name_bytes = total;
            } else {
                *text = None;
                if !std::mem::replace(&mut self.names_full, true) {
                    warn(WarningKind::TooManyNames { limit: MAX_INTERFACE_NAMES });
                }
            }
        }
        self.known.push(interface);
    }
}

//! Where the code ran that handled the packet.

use mbuf_trace::{Event, EventHeader};
use serde::ser::SerializeMap;
use std::fmt;

/// Virtual network stack, CPU and thread; what is not known is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Context {
    vnet: u32,
    cpu: Option<u16>,
    thread: Option<u32>,
}

/// Shows one, or what is new in it.
pub(super) struct Shown {
    vnet: Option<u32>,
    cpu: Option<u16>,
    thread: Option<u32>,
}

impl Context {
    /// What revision 4 tells of an event.
    pub(super) fn of(event: &Event<'_>) -> Option<Self> {
        let EventHeader { vnet, cpu, thread, .. } = event.header?;
        Some(Self { vnet, cpu, thread })
    }

    /// Adds it to a JSON object.
    pub(super) fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("vnet", &self.vnet)?;
        if let Some(cpu) = self.cpu {
            map.serialize_entry("cpu", &cpu)?;
        }
        match self.thread {
            Some(thread) => map.serialize_entry("thread", &thread),
            None => Ok(()),
        }
    }

    /// All of it; virtual network stack 0 goes without saying.
    pub(super) fn all(&self) -> Shown {
        Shown { vnet: (self.vnet != 0).then_some(self.vnet), cpu: self.cpu, thread: self.thread }
    }

    /// What is other than before.
    pub(super) fn since(&self, before: &Self) -> Shown {
        Shown {
            vnet: (self.vnet != before.vnet).then_some(self.vnet),
            cpu: self.cpu.filter(|_| self.cpu != before.cpu),
            thread: self.thread.filter(|_| self.thread != before.thread),
        }
    }
}

impl Shown {
    /// Whether there is nothing to show.
    pub(super) const fn is_empty(&self) -> bool {
        self.vnet.is_none() && self.cpu.is_none() && self.thread.is_none()
    }

    /// Virtual network stack and thread only.
    pub(super) fn without_cpu(self) -> Self {
        Self { cpu: None, ..self }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        let numbers = [("vnet", self.vnet), ("cpu", self.cpu.map(u32::from)), ("thread", self.thread)];
        for (name, number) in numbers {
            if let Some(number) = number {
                write!(f, "{between}{name} {number}")?;
                between = ", ";
            }
        }
        Ok(())
    }
}

//! What is called with values.

use crate::value::Value;
use std::ops::ControlFlow;

/// What is called with each value of a field; breaks off by [`ControlFlow::Break`].
pub type Visitor<'v> = dyn FnMut(Value<'_>) -> ControlFlow<()> + 'v;

/// The same for the values of events, each with the event's step: its number from 1, oldest first.
pub type StepVisitor<'v> = dyn FnMut(u64, Value<'_>) -> ControlFlow<()> + 'v;

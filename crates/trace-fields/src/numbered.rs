//! Values with the number of the layer that has them, for the layer operator of display filters.

use crate::generated::FieldId;
use crate::headers;
use crate::layers::Layer;
use crate::registry::Scope;
use crate::scratch::Scratch;
use crate::snapshots::Headers;
use crate::subject::Subject;
use crate::value::Value;
use std::ops::ControlFlow;

/// What is called with the number of a layer and a value in it; breaks off by [`ControlFlow::Break`].
pub type LayerVisitor<'v> = dyn FnMut(u32, Value<'_>) -> ControlFlow<()> + 'v;

impl Subject<'_> {
    /// Calls `visit` with every value of the field and the layer that has it, until it breaks: 1 is the
    /// outermost header of the field's protocol in the oldest snapshot, 2 the one within it or in the next
    /// snapshot. Fields of no snapshot are all in layer 1.
    pub fn visit_layers(
        &self,
        field: FieldId,
        scratch: &mut Scratch,
        visit: &mut LayerVisitor<'_>,
    ) -> ControlFlow<()> {
        if field.field().scope != Scope::Snapshot {
            return self.visit(field, scratch, &mut |value| visit(1, value));
        }
        let mut values = NumberedValues::new(field);
        let mut walk = Headers::new(self, std::mem::take(&mut scratch.distinct));
        let flow = walk.by_ref().try_for_each(|layer| values.visit(layer, visit));
        scratch.distinct = walk.into_distinct();
        flow
    }
}

/// The values of one field of scope `snapshot`, while the headers of a packet go by, outermost first.
#[derive(Debug)]
pub(crate) struct NumberedValues {
    field: FieldId,
    protocol: Option<FieldId>,
    /// How many headers went by that can have it.
    number: u32,
}

impl NumberedValues {
    pub(crate) fn new(field: FieldId) -> Self {
        Self { field, protocol: field.field().protocol, number: 0 }
    }

    /// Calls `visit` with the values that the next header has, and the header's number.
    pub(crate) fn visit(&mut self, layer: Layer<'_>, visit: &mut LayerVisitor<'_>) -> ControlFlow<()> {
        if !layer.can_have(self.field, self.protocol) {
            return ControlFlow::Continue(());
        }
        self.number = self.number.saturating_add(1);
        headers::visit(layer, self.field, &mut |value| visit(self.number, value))
    }
}

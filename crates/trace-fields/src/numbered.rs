//! Values with the number of the layer that has them, for the layer operator of display filters.

use crate::distinct::Scratch;
use crate::generated::FieldId;
use crate::headers;
use crate::layers::Layers;
use crate::registry::Scope;
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
        let protocol = field.field().protocol;
        let length = self.length();
        let mut number = 0_u32;
        self.visit_packets(scratch, &mut |bytes, link| {
            Layers::new(bytes, length.unwrap_or(bytes.len()), link)
                .filter(|layer| layer.can_have(field, protocol))
                .try_for_each(|layer| {
                    number = number.saturating_add(1);
                    headers::visit(layer, field, &mut |value| visit(number, value))
                })
        })
    }
}

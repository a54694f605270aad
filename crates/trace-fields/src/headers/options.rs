//! Lists of options, each with its type and its length: of TCP and of neighbor discovery.

/// An option of a TCP header.
#[derive(Debug, Clone, Copy)]
pub(super) struct TcpOption<'a> {
    pub(super) kind: u8,
    /// None of the two kinds that are one byte.
    pub(super) length: Option<u8>,
    /// What follows kind and length.
    pub(super) body: &'a [u8],
}

impl TcpOption<'_> {
    /// Whether Wireshark finds it malformed and shows nothing behind it: a selective acknowledgment has a block of 8
    /// bytes or more. It looks into the first block where the segment acknowledges something.
    pub(super) fn is_last(&self, acknowledges: bool) -> bool {
        acknowledges && self.kind == 5 && self.length.is_some_and(|length| length < 10)
    }

    /// Whether all of it is there.
    pub(super) fn is_whole(&self) -> bool {
        self.length.is_none_or(|length| self.body.len().saturating_add(2) == usize::from(length))
    }
}

/// The options of a TCP header, up to the end of the list or to one that cannot be. Of one that was cut, kind and
/// length are told.
#[derive(Debug, Clone)]
pub(super) struct TcpOptions<'a> {
    pub(super) bytes: &'a [u8],
    /// How many bytes there were before the packet was cut.
    pub(super) length: usize,
    /// Whether the segment acknowledges something.
    pub(super) acknowledges: bool,
}

impl<'a> Iterator for TcpOptions<'a> {
    type Item = TcpOption<'a>;

    fn next(&mut self) -> Option<TcpOption<'a>> {
        let (&kind, rest) = std::mem::take(&mut self.bytes).split_first()?;
        // What takes a byte without a length. Behind the end of the list, Wireshark looks for more ends.
        if kind <= 1 {
            self.bytes = if kind == 0 && rest.first() != Some(&0) { &[] } else { rest };
            self.length = self.length.saturating_sub(1);
            return Some(TcpOption { kind, length: None, body: &[] });
        }
        let (&length, rest) = rest.split_first()?;
        let body = usize::from(length).checked_sub(2)?;
        self.length = self.length.checked_sub(usize::from(length))?;
        let (body, rest) = rest.split_at_checked(body).unwrap_or((rest, &[]));
        let option = TcpOption { kind, length: Some(length), body };
        self.bytes = if option.is_last(self.acknowledges) { &[] } else { rest };
        Some(option)
    }
}

/// An option of neighbor discovery.
#[derive(Debug, Clone, Copy)]
pub(super) struct DiscoveryOption<'a> {
    pub(super) kind: u8,
    /// Its length in units of 8 bytes, type and length included.
    pub(super) units: u8,
    /// What follows type and length, to the end of the message: Wireshark reads what it expects in an option from
    /// behind it where the option is too short.
    pub(super) rest: &'a [u8],
}

impl<'a> DiscoveryOption<'a> {
    /// What is a link-layer address, if it is one.
    pub(super) fn address(&self) -> Option<&'a [u8]> {
        let length = usize::from(self.units).saturating_mul(8).checked_sub(2)?;
        self.rest.get(..length)
    }
}

/// The options of a message of neighbor discovery, up to one without a length.
#[derive(Debug, Clone)]
pub(super) struct DiscoveryOptions<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for DiscoveryOptions<'a> {
    type Item = DiscoveryOption<'a>;

    fn next(&mut self) -> Option<DiscoveryOption<'a>> {
        let (&[kind, units], rest) = std::mem::take(&mut self.0).split_first_chunk()?;
        if units == 0 {
            return Some(DiscoveryOption { kind, units, rest: &[] });
        }
        let length = usize::from(units).saturating_mul(8).saturating_sub(2);
        self.0 = rest.get(length..).unwrap_or_default();
        Some(DiscoveryOption { kind, units, rest })
    }
}

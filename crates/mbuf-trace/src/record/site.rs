//! Where in the source a call stands.

/// File, line and function of a call. [`site!`](crate::site) makes one of the place where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site {
    /// The source file.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The function, as [`function_name`] gives it.
    pub function: &'static str,
}

/// The function's own name out of the name of an item inside it, as [`core::any::type_name_of_val`] gives it
/// (`stack::ip::ip_input::here` is `ip_input`). Closures are left out.
#[must_use]
pub fn function_name(item: &'static str) -> &'static str {
    item.rsplit("::").skip(1).find(|part| !part.starts_with('{')).unwrap_or(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(function_name("stack::ip::ip_input::here"), "ip_input");
        assert_eq!(function_name("stack::ip_input::{{closure}}::here"), "ip_input");
        assert_eq!(function_name("here"), "here");
    }

    #[test]
    fn a_site_knows_its_function() {
        let site = crate::site!();
        assert_eq!(site.function, "a_site_knows_its_function");
        assert!(site.file.ends_with("site.rs"));
    }
}

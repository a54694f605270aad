//! The calls as the kernel's code has them: each notes the file, line and function where it stands.

/// The [`Site`](crate::record::Site) of the place where it stands.
#[macro_export]
macro_rules! site {
    () => {{
        fn here() {}
        $crate::record::Site {
            file: ::core::file!(),
            line: ::core::line!(),
            function: $crate::record::function_name(::core::any::type_name_of_val(&here)),
        }
    }};
}

/// Begins the trace: [`Recorder::mtrace_start`](crate::Recorder::mtrace_start).
#[macro_export]
macro_rules! mtrace_start {
    ($recorder:expr) => {
        $recorder.mtrace_start($crate::site!())
    };
}

/// Records the packet's bytes: [`Recorder::mtrace_data`](crate::Recorder::mtrace_data).
#[macro_export]
macro_rules! mtrace_data {
    ($recorder:expr, $packet:expr) => {
        $recorder.mtrace_data($crate::site!(), $packet)
    };
}

/// Records formatted text: [`Recorder::mtrace_printf`](crate::Recorder::mtrace_printf).
#[macro_export]
macro_rules! mtrace_printf {
    ($recorder:expr, $($format:tt)+) => {
        $recorder.mtrace_printf($crate::site!(), ::core::format_args!($($format)+))
    };
}

/// Records the beginning of a static string:
/// [`Recorder::mtrace_static_length`](crate::Recorder::mtrace_static_length).
#[macro_export]
macro_rules! mtrace_static_length {
    ($recorder:expr, $text:expr, $length:expr) => {
        $recorder.mtrace_static_length($crate::site!(), $text, $length)
    };
}

/// Records a static string: [`Recorder::mtrace_static`](crate::Recorder::mtrace_static).
#[macro_export]
macro_rules! mtrace_static {
    ($recorder:expr, $text:expr) => {
        $recorder.mtrace_static($crate::site!(), $text)
    };
}

/// Records a copy of the beginning of a string:
/// [`Recorder::mtrace_dynamic_length`](crate::Recorder::mtrace_dynamic_length).
#[macro_export]
macro_rules! mtrace_dynamic_length {
    ($recorder:expr, $text:expr, $length:expr) => {
        $recorder.mtrace_dynamic_length($crate::site!(), $text, $length)
    };
}

/// Records a copy of a string: [`Recorder::mtrace_dynamic`](crate::Recorder::mtrace_dynamic).
#[macro_export]
macro_rules! mtrace_dynamic {
    ($recorder:expr, $text:expr) => {
        $recorder.mtrace_dynamic($crate::site!(), $text)
    };
}

/// Records a static string: [`Recorder::mtrace`](crate::Recorder::mtrace).
#[macro_export]
macro_rules! mtrace {
    ($recorder:expr, $text:expr) => {
        $recorder.mtrace($crate::site!(), $text)
    };
}

/// Records that the packet passed here: [`Recorder::mtrace_`](crate::Recorder::mtrace_).
#[macro_export]
macro_rules! mtrace_ {
    ($recorder:expr) => {
        $recorder.mtrace_($crate::site!())
    };
}

/// Records that this function begins: [`Recorder::mtrace_enter`](crate::Recorder::mtrace_enter).
#[macro_export]
macro_rules! mtrace_enter {
    ($recorder:expr) => {
        $recorder.mtrace_enter($crate::site!())
    };
}

/// Records that this function ends: [`Recorder::mtrace_leave`](crate::Recorder::mtrace_leave).
#[macro_export]
macro_rules! mtrace_leave {
    ($recorder:expr) => {
        $recorder.mtrace_leave($crate::site!())
    };
}

/// Records that the packet is in this function: [`Recorder::mtrace_func`](crate::Recorder::mtrace_func).
#[macro_export]
macro_rules! mtrace_func {
    ($recorder:expr) => {
        $recorder.mtrace_func($crate::site!())
    };
}

//! Compiles the screens. Only the twin's build can be asked where its controls lie.

use std::collections::HashMap;

fn main() -> Result<(), slint_build::CompileError> {
    let library =
        HashMap::from([(madoguchi_widgets::LIBRARY.to_owned(), madoguchi_widgets::path())]);
    let config = slint_build::CompilerConfiguration::new()
        .with_library_paths(library)
        .with_debug_info(std::env::var_os("CARGO_FEATURE_TWIN").is_some());
    slint_build::compile_with_config("ui/kiosk.slint", config)
}

//! Compiles the screens, and says how the programs are linked.

use std::collections::HashMap;

fn main() -> Result<(), slint_build::CompileError> {
    let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|found| found == value);
    // Debian 12's linker for ARM does not know it.
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        // What the loader relocates as a bit map (agent/daemon/DECISIONS.md).
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let library =
        HashMap::from([(madoguchi_widgets::LIBRARY.to_owned(), madoguchi_widgets::path())]);
    // Only the twin's build can be asked where its controls lie.
    let config = slint_build::CompilerConfiguration::new()
        .with_library_paths(library)
        .with_debug_info(std::env::var_os("CARGO_FEATURE_TWIN").is_some());
    slint_build::compile_with_config("ui/kiosk.slint", config)
}

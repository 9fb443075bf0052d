//! How the program is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|found| found == value);
    // Debian 12's linker for ARM does not know it.
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        // What the loader relocates as a bit map: a megabyte less in memory (DECISIONS.md).
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

//! How the binary is linked.

fn main() {
    // A position independent binary has a megabyte of relocations, read whole at every start and resident from then on; packed
    // they are a page. Linkers that do not know the word pass it by.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    println!("cargo:rerun-if-changed=build.rs");
}

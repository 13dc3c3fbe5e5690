//! Points the embedded web application at `web/dist`, or at a page that says how to make one. Never runs npm.

use std::path::Path;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = root.join("web/dist");
    let placeholder = Path::new(env!("CARGO_MANIFEST_DIR")).join("placeholder");
    // A path that exists is watched: a missing one would rebuild every time.
    println!("cargo:rerun-if-changed={}", root.join("web").display());
    let folder = if built.join("index.html").exists() { built } else { placeholder };
    println!("cargo:rustc-env=PEREZVON_WEB_DIST={}", folder.display());
}

//! Chooses the console files to embed: the built console, or a page that says it was not built.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Gyre</title>
<p>This server was built without the console. Build it with <code>npm ci &amp;&amp; npm run build</code> in the folder
<code>console</code>, then build the server again. The API is at <code>/api/v1</code>.</p>
</html>
";

fn main() -> io::Result<()> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let built = manifest
        .unwrap_or_default()
        .join("../../console/dist/index.html");
    // a file that is missing makes cargo ask again at the next build, which is what finds a console built since
    println!("cargo::rerun-if-changed={}", built.display());
    let folder = if built.is_file() {
        built.parent().map(Path::to_owned).unwrap_or_default()
    } else {
        let out = env::var_os("OUT_DIR").map(PathBuf::from);
        let folder = out.unwrap_or_default().join("console");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("index.html"), PLACEHOLDER)?;
        folder
    };
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rustc-env=GYRE_CONSOLE_FILES={}", folder.display());
    Ok(())
}

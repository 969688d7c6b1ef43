//! Files in object storage: brought to the folder of the import's state first, then imported like any other.
//!
//! An object that was brought by an interrupted import and has not changed since is not brought again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gyre_app::imports::{ObjectError, ObjectPlace, ObjectReader};
use gyre_base::{Clock, Secret};
use sha2::Digest;

use super::{ImportArgs, ImportError};
use crate::s3::{Endpoints, S3};

/// Most objects of one address.
const OBJECTS_MAX: usize = 100_000;
/// Longest name of a file here, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Where objects are kept if no folder was named.
const FOLDER: &str = ".gyre-import";

/// How object storage is asked.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct S3Args {
    /// Region of the bucket of `s3://bucket/key`
    #[arg(long, env = "AWS_REGION")]
    pub s3_region: Option<String>,
    /// Address of object storage that is not Amazon's
    #[arg(long, env = "AWS_ENDPOINT_URL")]
    pub s3_endpoint: Option<String>,
    /// Who asks; leave it out for a public bucket
    #[arg(long, env = "AWS_ACCESS_KEY_ID")]
    pub s3_access_key_id: Option<String>,
    /// Its secret
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    pub s3_secret_access_key: Option<String>,
}

fn address(path: &Path) -> Option<&str> {
    path.to_str().filter(|it| it.starts_with("s3://"))
}

/// The arguments with every address of object storage replaced by the files that were brought from there.
pub async fn bring(
    mut args: ImportArgs,
    clock: &Arc<dyn Clock>,
) -> Result<ImportArgs, ImportError> {
    if !args.files.iter().any(|it| address(it).is_some()) {
        return Ok(args);
    }
    let s3 = S3::new(Endpoints::Any, Arc::clone(clock));
    let s3 = s3.map_err(|it| ImportError::Objects(ObjectError::Refused(it.to_string())))?;
    let folder = args.state.clone().unwrap_or_else(|| FOLDER.into());
    let mut files = Vec::with_capacity(args.files.len());
    for path in &args.files {
        match address(path) {
            None => files.push(path.clone()),
            Some(uri) => files.extend(objects(uri, &args.s3, &s3, &folder).await?),
        }
    }
    args.files = files;
    Ok(args)
}

async fn objects(
    uri: &str,
    args: &S3Args,
    s3: &S3,
    folder: &Path,
) -> Result<Vec<PathBuf>, ImportError> {
    let place = ObjectPlace::new(
        uri,
        args.s3_region.as_deref(),
        args.s3_endpoint.as_deref(),
        args.s3_access_key_id.as_deref(),
    );
    let place = place.map_err(|why| ImportError::Usage(format!("{uri}: {why}")))?;
    let secret = args.s3_secret_access_key.clone().map(Secret::new);
    let listed = s3.list(&place, secret.as_ref(), OBJECTS_MAX).await;
    let listed = listed.map_err(ImportError::Objects)?;
    if listed.is_empty() {
        return Err(ImportError::Usage(format!("there is no object at {uri}")));
    }
    let mut files = Vec::with_capacity(listed.len());
    for entry in listed {
        let version = format!("{}\0{}\0{}", place.bucket(), entry.key, entry.etag);
        let version = hex::encode(&sha2::Sha256::digest(version.as_bytes())[..8]);
        let folder = folder.join(version);
        let unwritable = |source| ImportError::Unwritable {
            path: folder.clone(),
            source,
        };
        std::fs::create_dir_all(&folder).map_err(unwritable)?;
        let path = folder.join(name_of_key(&entry.key));
        let is_here = std::fs::metadata(&path).is_ok_and(|it| it.len() == entry.bytes);
        if !is_here {
            let part = path.with_extension("part");
            let fetched = s3.fetch(&place, secret.as_ref(), &entry, None, &part);
            fetched.await.map_err(ImportError::Objects)?;
            std::fs::rename(&part, &path).map_err(unwritable)?;
        }
        files.push(path);
    }
    Ok(files)
}

/// The key as a name: ids of rows are made of it, so it is the same at every run and another for every key.
fn name_of_key(key: &str) -> String {
    let name = key.replace(['/', '\\', '\0'], "_");
    if name.len() <= NAME_BYTES_MAX && name != "." && name != ".." {
        return name;
    }
    hex::encode(&sha2::Sha256::digest(key.as_bytes())[..16])
}

//! TLS for connections to mail servers.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::DeliverError;

/// Makes connections private and checks whom they lead to.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tls({:?})", self.name)
    }
}

impl Tls {
    /// Trusts the system's authorities, Mozilla's, and those of `authorities_pem`.
    pub(super) fn new(host: &str, authorities_pem: Option<&str>) -> Result<Self, DeliverError> {
        let config = |detail: String| DeliverError::Config { detail };
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        // certificates of the system that cannot be read are the system's own affair
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(pem) = authorities_pem {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate =
                    certificate.map_err(|it| config(format!("ca_certificate: {it}")))?;
                roots
                    .add(certificate)
                    .map_err(|it| config(format!("ca_certificate: {it}")))?;
            }
        }
        let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|it| config(it.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| config(format!("host `{host}` is not a name that TLS can check")))?;
        Ok(Self {
            connector: TlsConnector::from(Arc::new(client)),
            name,
        })
    }

    pub(super) async fn wrap(
        &self,
        stream: super::session::Plain,
    ) -> std::io::Result<super::session::Secure> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

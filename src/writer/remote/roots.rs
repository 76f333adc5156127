//! Whom a TLS connection trusts: what this machine trusts (SSL_CERT_FILE and SSL_CERT_DIR too), else Mozilla's list.

use std::sync::Arc;

use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// The trust of this machine. Read anew for each client: it takes a few milliseconds, and files change.
pub fn trusted() -> TlsConfig {
    let native = rustls_native_certs::load_native_certs();
    let own: Vec<Certificate<'static>> = native.certs.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
    let roots = if own.is_empty() { RootCerts::WebPki } else { RootCerts::Specific(Arc::new(own)) };
    TlsConfig::builder().root_certs(roots).build()
}

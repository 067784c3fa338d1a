//! Which servers are trusted, and by whose cryptography.
//!
//! Enters: the system's certificates or, where the operator names one, a file of certificates that stand in their place. Leaves:
//! what TLS connections are made with. Deliberately absent: any way to trust everybody.

use std::sync::Arc;

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use hyper_rustls::ConfigBuilderExt as _;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::Error;

/// Certificates of a file.
pub(crate) struct Bundle {
    pem: Vec<u8>,
    roots: RootCertStore,
}

impl Bundle {
    /// Reads a file of certificates in PEM.
    ///
    /// # Errors
    /// When it cannot be read, holds something else, or holds nothing.
    pub(crate) fn read(path: &str) -> Result<Bundle, Error> {
        let wrong = |why: String| Error::Bundle {
            path: path.to_owned(),
            why,
        };
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("it holds no certificate".to_owned()));
        }
        Ok(Bundle { pem, roots })
    }

    /// The same for the requests by which credentials are found.
    fn context(&self) -> Result<TlsContext, Error> {
        let store = TrustStore::empty().with_pem_certificate(self.pem.clone());
        TlsContext::builder()
            .with_trust_store(store)
            .build()
            .map_err(|error| Error::Certificates(error.to_string()))
    }
}

/// How our own connections are made.
///
/// # Errors
/// When the system's certificates cannot be read.
pub(crate) fn client(bundle: Option<&Bundle>) -> Result<ClientConfig, Error> {
    let unusable = |error: &dyn std::fmt::Display| Error::Certificates(error.to_string());
    let builder = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    let builder = match bundle {
        Some(bundle) => builder.with_root_certificates(bundle.roots.clone()),
        None => builder
            .with_native_roots()
            .map_err(|error| unusable(&error))?,
    };
    Ok(builder.with_no_client_auth())
}

/// How the connections are made by which credentials are found.
///
/// # Errors
/// When the certificates cannot be used.
pub(crate) fn sign_in(
    bundle: Option<&Bundle>,
) -> Result<aws_smithy_runtime_api::client::http::SharedHttpClient, Error> {
    let mut builder =
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(MODE));
    if let Some(bundle) = bundle {
        builder = builder.tls_context(bundle.context()?);
    }
    Ok(builder.build_https())
}

#[cfg(not(feature = "aws-lc"))]
const MODE: CryptoMode = CryptoMode::Ring;
#[cfg(feature = "aws-lc")]
const MODE: CryptoMode = CryptoMode::AwsLc;

#[cfg(not(feature = "aws-lc"))]
fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

#[cfg(feature = "aws-lc")]
fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in [
            ("", "no certificate"),
            ("-----BEGIN CERTIFICATE-----\n!\n", ""),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "",
            ),
        ] {
            let path = folder.path().join("bundle.pem");
            std::fs::write(&path, text).unwrap();
            let path = path.to_str().unwrap();
            let Err(Error::Bundle { path: named, why }) = Bundle::read(path) else {
                panic!("{text}");
            };
            assert_eq!(named, path);
            assert!(why.contains(expected), "{why}");
        }
        assert!(Bundle::read("nowhere.pem").is_err());
    }
}

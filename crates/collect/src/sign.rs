//! A request's signature.
//!
//! Enters: a request, credentials, Region and the instant. Leaves: the headers that AWS Signature Version 4 adds. The
//! work is `aws-sigv4`'s; S3 differs in how paths are encoded. Deliberately absent: where credentials come from.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http_body_util::Full;

/// What a signature is made for.
pub(crate) struct Scope<'a> {
    pub(crate) credentials: &'a Credentials,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) time: SystemTime,
}

/// Adds the signature's headers to a request.
///
/// # Errors
/// When the request has parts that cannot be signed; the text says which.
pub(crate) fn signed(
    mut request: http::Request<Full<Bytes>>,
    body: &[u8],
    scope: &Scope<'_>,
) -> Result<http::Request<Full<Bytes>>, String> {
    let identity = scope.credentials.clone().into();
    let mut settings = SigningSettings::default();
    if scope.service.starts_with("s3") {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.uri().to_string(),
        headers,
        SignableBody::Bytes(body),
    )
    .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(signable, &parameters)
        .map_err(|error| error.to_string())?
        .into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The case `get-vanilla` of AWS's Signature Version 4 test suite.
    #[test]
    fn the_published_vector_is_met() {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "vector",
        );
        let request = http::Request::get("https://example.amazonaws.com/")
            .header("host", "example.amazonaws.com")
            .body(Full::default())
            .unwrap();
        // 2015-08-30T12:36:00Z
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let scope = Scope {
            credentials: &credentials,
            region: "us-east-1",
            service: "service",
            time,
        };
        let signed = signed(request, b"", &scope).unwrap();
        assert_eq!(
            signed.headers()["authorization"].to_str().unwrap(),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }
}

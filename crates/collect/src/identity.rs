//! Who asks.
//!
//! Enters: a profile or nothing, and roles to assume. Leaves: credentials that are fresh when they are used. Finding them
//! (environment, profiles, SSO, web identity, containers, instance metadata) is `aws-config`'s work.
//! Deliberately absent: what the credentials may do.

use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::Mutex;

use crate::Error;
use crate::trust::{self, Bundle};

/// Credentials are replaced when they have less left to live than a request may take.
const LEAST_LIFE: Duration = Duration::from_secs(120);

/// Variable of the environment and key of the shared configuration.
const CA_BUNDLE: (&str, &str) = ("AWS_CA_BUNDLE", "ca_bundle");
const ENDPOINT_URL: (&str, &str) = ("AWS_ENDPOINT_URL", "endpoint_url");

/// How to sign in.
#[derive(Clone, Debug, Default)]
pub struct Login {
    /// A profile of the shared configuration; without one, what the environment names.
    pub profile: Option<String>,
    /// The Region of calls that belong to none; without one, the profile's or environment's.
    pub region: Option<String>,
    /// Keys to use instead of looking for any.
    pub keys: Option<Keys>,
}

/// An access key, which never shows itself.
#[derive(Clone)]
pub struct Keys(Credentials);

impl Keys {
    /// A key without a session token.
    #[must_use]
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Keys {
        Keys(Credentials::new(id, secret, None, None, "given"))
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// A role in every account.
#[derive(Clone, Debug, Default)]
pub struct RoleAccess {
    /// The role's name, with its path if it has one.
    pub name: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
}

/// What the operator's sign-in gave.
pub(crate) struct Session {
    config: SdkConfig,
    bundle: Option<Bundle>,
}

/// Credentials, fetched when they are needed.
pub(crate) struct Identity {
    provider: SharedCredentialsProvider,
    held: Mutex<Option<Credentials>>,
}

impl Session {
    /// Reads the environment and the shared configuration. `endpoint` replaces the addresses configured there.
    ///
    /// # Errors
    /// When certificates that are named there cannot be used.
    pub(crate) async fn open(login: &Login, endpoint: Option<&str>) -> Result<Session, Error> {
        let named = std::env::var(CA_BUNDLE.0).ok();
        let bundle = named
            .filter(|path| !path.is_empty())
            .map(|path| Bundle::read(&path))
            .transpose()?;
        let mut session = Session {
            config: load(login, endpoint, bundle.as_ref()).await?,
            bundle,
        };
        // The profile can name certificates as well, which its own requests already need.
        if session.bundle.is_none()
            && let Some(path) = session.setting(CA_BUNDLE)
        {
            let bundle = Bundle::read(&path)?;
            session.config = load(login, endpoint, Some(&bundle)).await?;
            session.bundle = Some(bundle);
        }
        Ok(session)
    }

    /// The certificates that stand in place of the system's.
    pub(crate) fn bundle(&self) -> Option<&Bundle> {
        self.bundle.as_ref()
    }

    fn setting(&self, (variable, key): (&str, &str)) -> Option<String> {
        self.service_setting("", (variable, key))
    }

    /// What the environment or the shared configuration says, of a service by its id before all others.
    fn service_setting(&self, service: &str, (variable, key): (&str, &str)) -> Option<String> {
        let named = ServiceConfigKey::builder()
            .service_id(service)
            .env(variable)
            .profile(key)
            .build()
            .ok()?;
        let settings = self.config.service_config()?;
        settings
            .load_config(named)
            .filter(|value| !value.is_empty())
    }

    /// The Region that is configured.
    pub(crate) fn region(&self) -> Option<&str> {
        self.config.region().map(AsRef::as_ref)
    }

    /// The address of a service, by its id in the SDKs, that the environment or the shared configuration names, unless they
    /// say that none of theirs counts.
    pub(crate) fn endpoint_of(&self, service: &str) -> Option<String> {
        self.service_setting(service, ENDPOINT_URL)
    }

    /// Whether the shared configuration asks for FIPS endpoints, and for dual-stack ones.
    pub(crate) fn variants(&self) -> (bool, bool) {
        (
            self.config.use_fips().unwrap_or(false),
            self.config.use_dual_stack().unwrap_or(false),
        )
    }

    /// The signed-in principal itself.
    ///
    /// # Errors
    /// When nothing is configured that credentials could come from.
    pub(crate) fn identity(&self) -> Result<Identity, Error> {
        let provider = self.config.credentials_provider().ok_or_else(|| {
            Error::Credentials("no source of credentials is configured".to_owned())
        })?;
        Ok(Identity::of(provider))
    }

    /// A role of another account, assumed by the signed-in principal.
    pub(crate) async fn assume(&self, arn: String, access: &RoleAccess, region: &str) -> Identity {
        let mut builder = AssumeRoleProvider::builder(arn)
            .session_name("sagewarden")
            .region(Region::new(region.to_owned()))
            .configure(&self.config);
        if let Some(id) = &access.external_id {
            builder = builder.external_id(id);
        }
        Identity::of(SharedCredentialsProvider::new(builder.build().await))
    }
}

async fn load(
    login: &Login,
    endpoint: Option<&str>,
    bundle: Option<&Bundle>,
) -> Result<SdkConfig, Error> {
    let mut loader =
        aws_config::defaults(BehaviorVersion::latest()).http_client(trust::sign_in(bundle)?);
    if let Some(profile) = &login.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &login.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(Keys(keys)) = &login.keys {
        loader = loader.credentials_provider(keys.clone());
    }
    if let Some(url) = endpoint {
        loader = loader.endpoint_url(url);
    }
    Ok(loader.load().await)
}

impl Identity {
    fn of(provider: SharedCredentialsProvider) -> Identity {
        Identity {
            provider,
            held: Mutex::new(None),
        }
    }

    /// Credentials that live long enough for a request.
    ///
    /// # Errors
    /// Why there are none, on one line.
    pub(crate) async fn credentials(&self) -> Result<Credentials, String> {
        let mut held = self.held.lock().await;
        if let Some(credentials) = held.as_ref().filter(|held| is_fresh(held)) {
            return Ok(credentials.clone());
        }
        let fresh = self
            .provider
            .provide_credentials()
            .await
            .map_err(|error| innermost(&error))?;
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// Drops credentials that a service no longer accepts, unless they were replaced meanwhile.
    pub(crate) async fn forget(&self, refused: &Credentials) {
        let mut held = self.held.lock().await;
        if held
            .as_ref()
            .is_some_and(|held| held.access_key_id() == refused.access_key_id())
        {
            *held = None;
        }
    }
}

fn is_fresh(credentials: &Credentials) -> bool {
    credentials
        .expiry()
        .is_none_or(|end| end > SystemTime::now() + LEAST_LIFE)
}

/// The cause at the bottom, which says what the user can mend, on one line.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

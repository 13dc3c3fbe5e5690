//! Settings: environment `PEREZVON_*` over one TOML file over defaults. `docs/operations.md` lists them all.

mod shown;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

pub use shown::without_secrets;

/// One setting: its key in the TOML file (the environment name is `PEREZVON_` and the key in capitals), its
/// default as text, and what it means.
pub struct Setting {
    pub key: &'static str,
    pub default: &'static str,
    pub meaning: &'static str,
}

macro_rules! settings {
    ($($key:literal = $default:literal : $meaning:literal,)+) => {
        pub const SETTINGS: &[Setting] =
            &[$(Setting { key: $key, default: $default, meaning: $meaning }),+];
    };
}

settings! {
    "data" = "data": "folder for the database, recordings and keys",
    "database_url" = "": "`sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`; empty is sqlite in the data folder",
    "http" = "127.0.0.1:8080": "address and port of the web pages and the API",
    "sip" = "127.0.0.1:5060": "address and port of SIP, UDP and TCP",
    "public_ip" = "": "address that phones, trunks and browsers can reach; empty is the address of `sip`",
    "rtp_ports" = "20000-29999": "UDP ports for RTP and RTCP, two a leg",
    "webrtc_port" = "19990": "UDP port that all browsers share for audio",
    "max_calls" = "2000": "calls at once; one more is answered 503",
    "max_calls_per_second" = "200": "new calls a second; one more is answered 503",
    "session_expires_s" = "1800": "session timer asked for (RFC 4028), 90 to 7200 s",
    "recordings" = "": "folder for recordings; empty is `recordings` in the data folder",
    "input_days" = "30": "days that the engine's inputs are kept for `perezvon replay`, 0 to 3650; 0 keeps none",
    "change_days" = "1095": "days that the audit trail keeps a change of the settings, 30 to 36500",
    "public_url" = "": "the address of the pages as browsers see it; empty is http:// and `http`",
    "trusted_proxies" = "": "networks of proxies whose X-Forwarded-For is believed, with commas, such as 127.0.0.1/32",
    "secure_cookies" = "off": "`on` where the pages are reached by https",
    "log" = "info": "what to log: error, warn, info, debug, or a filter such as `info,perezvon_telephony=debug`",
    "demo_password" = "": "password of the demo users; empty makes one and prints it",
    "demo_life" = "on": "`off` starts the demo without simulated callers and agents",
}

#[derive(Debug, thiserror::Error, PartialEq)]
pub enum SettingsError {
    #[error("cannot read the settings file {path}, {why}")]
    Unreadable { path: String, why: String },
    #[error("{origin} has the value `{value}`, which is not {wanted}")]
    Bad { origin: String, value: String, wanted: String },
    #[error("{origin} is not a setting; the nearest is {nearest} (all are listed by `perezvon settings`)")]
    Unknown { origin: String, nearest: String },
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub data: PathBuf,
    pub database_url: String,
    pub http: SocketAddr,
    pub sip: SocketAddr,
    pub public_ip: IpAddr,
    pub rtp_ports: RangeInclusive<u16>,
    pub webrtc_port: u16,
    pub max_calls: u32,
    pub max_calls_per_second: u32,
    pub session_expires_s: u32,
    pub recordings: PathBuf,
    pub input_days: u32,
    pub change_days: u32,
    pub public_url: String,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub secure_cookies: bool,
    pub log: String,
    pub demo_password: Option<String>,
    pub demo_life: bool,
}

impl Settings {
    /// Reads the file named by `PEREZVON_CONFIG`, or `perezvon.toml` here when it exists, and the environment.
    pub fn load() -> Result<Self, SettingsError> {
        Self::parse(&Self::read()?)
    }

    /// Every setting with its value in force, its origin and its meaning, for people; secrets are masked.
    pub fn list() -> Result<String, SettingsError> {
        let values = Self::read()?;
        Ok(shown::list(&Self::parse(&values)?, &values))
    }

    fn read() -> Result<Values, SettingsError> {
        let environment: BTreeMap<String, String> =
            std::env::vars().filter(|(name, _)| name.starts_with("PEREZVON_")).collect();
        let named = environment.get("PEREZVON_CONFIG").map(PathBuf::from);
        let file = match named {
            Some(path) => Some(path),
            None => Some(PathBuf::from("perezvon.toml")).filter(|path| path.exists()),
        };
        Self::sources(file.as_deref(), &environment)
    }

    fn sources(file: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Values, SettingsError> {
        let mut values: Values = SETTINGS
            .iter()
            .map(|setting| (setting.key, Value { text: setting.default.to_owned(), origin: Origin::Default }))
            .collect();
        if let Some(path) = file {
            for (key, text) in read_toml(path)? {
                let origin = Origin::File { key: key.clone(), path: path.to_owned() };
                values.insert(known(&key, &origin)?, Value { text, origin });
            }
        }
        for (name, text) in environment {
            let key = name.trim_start_matches("PEREZVON_").to_lowercase();
            if key == "config" {
                continue;
            }
            let origin = Origin::Environment { name: name.clone() };
            values.insert(known(&key, &origin)?, Value { text: text.clone(), origin });
        }
        Ok(values)
    }

    fn parse(values: &Values) -> Result<Self, SettingsError> {
        let of = |key: &str| values.get(key).expect("every setting has a default");
        let data = PathBuf::from(&of("data").text);
        let sip: SocketAddr = of("sip").read("an address and a port, such as 127.0.0.1:5060")?;
        let http: SocketAddr = of("http").read("an address and a port, such as 127.0.0.1:8080")?;
        let or_in_data = |key: &str, name: &str| match of(key).text.as_str() {
            "" => data.join(name),
            path => PathBuf::from(path),
        };
        let public_ip = match of("public_ip").text.as_str() {
            "" if sip.ip().is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            "" => sip.ip(),
            _ => of("public_ip").read("an IP address, such as 203.0.113.5")?,
        };
        let database_url = match of("database_url").text.as_str() {
            "" => format!("sqlite:{}", data.join("perezvon.db").display()),
            url if ["sqlite:", "postgres://", "postgresql://"].iter().any(|p| url.starts_with(p)) => {
                url.to_owned()
            }
            _ => {
                return Err(SettingsError::Bad {
                    origin: of("database_url").origin.to_string(),
                    value: "(not shown)".into(),
                    wanted: "`sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`".into(),
                });
            }
        };
        Ok(Self {
            database_url,
            public_url: match of("public_url").text.as_str() {
                "" => format!("http://{http}"),
                url if url.starts_with("http://") || url.starts_with("https://") => {
                    url.trim_end_matches('/').to_owned()
                }
                _ => return Err(of("public_url").bad("an address that begins with https:// or http://")),
            },
            trusted_proxies: of("trusted_proxies").networks()?,
            http,
            sip,
            public_ip,
            rtp_ports: of("rtp_ports").ports()?,
            webrtc_port: of("webrtc_port").read("a port, 1 to 65535")?,
            max_calls: of("max_calls").read_within(1..=100_000)?,
            max_calls_per_second: of("max_calls_per_second").read_within(1..=10_000)?,
            session_expires_s: of("session_expires_s").read_within(90..=7_200)?,
            recordings: or_in_data("recordings", "recordings"),
            input_days: of("input_days").read_within(0..=3_650)?,
            change_days: of("change_days").read_within(30..=36_500)?,
            secure_cookies: of("secure_cookies").switch()?,
            log: of("log").text.clone(),
            demo_password: Some(of("demo_password").text.clone()).filter(|text| !text.is_empty()),
            demo_life: of("demo_life").switch()?,
            data,
        })
    }
}

type Values = BTreeMap<&'static str, Value>;

struct Value {
    text: String,
    origin: Origin,
}

/// Where a value comes from, as it is named to people.
enum Origin {
    Default,
    File { key: String, path: PathBuf },
    Environment { name: String },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Default => f.write_str("the default"),
            Origin::File { key, path } => write!(f, "`{key}` in {}", path.display()),
            Origin::Environment { name } => f.write_str(name),
        }
    }
}

impl Value {
    fn bad(&self, wanted: impl Into<String>) -> SettingsError {
        SettingsError::Bad {
            origin: self.origin.to_string(),
            value: self.text.clone(),
            wanted: wanted.into(),
        }
    }

    fn read<T: std::str::FromStr>(&self, wanted: &str) -> Result<T, SettingsError> {
        self.text.parse().map_err(|_| self.bad(wanted))
    }

    fn read_within(&self, range: RangeInclusive<u32>) -> Result<u32, SettingsError> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.read::<u32>(&wanted)?;
        if range.contains(&number) { Ok(number) } else { Err(self.bad(wanted)) }
    }

    fn switch(&self) -> Result<bool, SettingsError> {
        match self.text.as_str() {
            "on" | "true" | "1" => Ok(true),
            "off" | "false" | "0" => Ok(false),
            _ => Err(self.bad("`on` or `off`")),
        }
    }

    fn networks(&self) -> Result<Vec<ipnet::IpNet>, SettingsError> {
        let parts = self.text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| part.parse().map_err(|_| self.bad("networks with commas, such as 127.0.0.1/32")))
            .collect()
    }

    /// At least ten ports, lowest first.
    fn ports(&self) -> Result<RangeInclusive<u16>, SettingsError> {
        let wanted = "two ports with a dash, at least ten apart, such as 20000-29999";
        let (low, high) = self.text.split_once('-').ok_or_else(|| self.bad(wanted))?;
        match (low.trim().parse::<u16>(), high.trim().parse::<u16>()) {
            (Ok(low), Ok(high)) if low >= 1024 && high.saturating_sub(low) >= 10 => Ok(low..=high),
            _ => Err(self.bad(wanted)),
        }
    }
}

fn known(key: &str, origin: &Origin) -> Result<&'static str, SettingsError> {
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) {
        return Ok(setting.key);
    }
    let nearest =
        SETTINGS.iter().min_by_key(|setting| distance(setting.key, key)).expect("there are settings");
    let nearest = match origin {
        Origin::Environment { .. } => environment_name(nearest.key),
        Origin::Default | Origin::File { .. } => nearest.key.to_owned(),
    };
    Err(SettingsError::Unknown { origin: origin.to_string(), nearest })
}

fn environment_name(key: &str) -> String {
    format!("PEREZVON_{}", key.to_uppercase())
}

fn read_toml(path: &Path) -> Result<Vec<(String, String)>, SettingsError> {
    let unreadable = |why: String| SettingsError::Unreadable { path: path.display().to_string(), why };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |at| text[..at.start].matches('\n').count() + 1);
        unreadable(format!("line {line}: {}; write lines such as max_calls = 2000", error.message()))
    })?;
    table
        .into_iter()
        .map(|(key, value)| match value {
            toml::Value::String(text) => Ok((key, text)),
            toml::Value::Integer(number) => Ok((key, number.to_string())),
            toml::Value::Boolean(on) => Ok((key, if on { "on" } else { "off" }.to_owned())),
            toml::Value::Float(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => {
                Err(unreadable(format!("`{key}` must be a text, a whole number or true/false")))
            }
        })
        .collect()
}

/// Levenshtein distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let cost = if from == *to { diagonal } else { diagonal + 1 };
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn from_sources(
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Settings, SettingsError> {
        Settings::parse(&Settings::sources(file, environment)?)
    }

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "http = \"127.0.0.1:9000\"\nmax_calls = 5\ndemo_life = false").unwrap();
        let settings = from_sources(Some(file.path()), &env(&[("PEREZVON_HTTP", "127.0.0.1:9001")])).unwrap();
        assert_eq!(settings.http.port(), 9001);
        assert_eq!(settings.max_calls, 5);
        assert!(!settings.demo_life);
        assert_eq!(settings.sip.port(), 5060);
    }

    #[test]
    fn the_public_address_is_that_of_sip_unless_it_is_said() {
        let of = |pairs: &[(&str, &str)]| from_sources(None, &env(pairs)).unwrap().public_ip.to_string();
        assert_eq!(of(&[]), "127.0.0.1");
        assert_eq!(of(&[("PEREZVON_SIP", "192.0.2.7:5060")]), "192.0.2.7");
        assert_eq!(
            of(&[("PEREZVON_SIP", "0.0.0.0:5060"), ("PEREZVON_PUBLIC_IP", "203.0.113.5")]),
            "203.0.113.5"
        );
    }

    #[test]
    fn a_bad_value_is_named_with_what_is_wanted() {
        for (name, value, wanted) in [
            ("PEREZVON_HTTP", "localhost", "address and a port"),
            ("PEREZVON_RTP_PORTS", "30000-20000", "two ports"),
            ("PEREZVON_RTP_PORTS", "80-20000", "two ports"),
            ("PEREZVON_MAX_CALLS", "0", "from 1 to"),
            ("PEREZVON_SESSION_EXPIRES_S", "10", "from 90 to"),
            ("PEREZVON_DEMO_LIFE", "perhaps", "`on` or `off`"),
            ("PEREZVON_DATABASE_URL", "mysql://x", "sqlite:PATH"),
        ] {
            let error = from_sources(None, &env(&[(name, value)])).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn a_database_password_is_not_repeated_in_an_error() {
        let error =
            from_sources(None, &env(&[("PEREZVON_DATABASE_URL", "pg:hunter2")])).unwrap_err().to_string();
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn a_misspelt_setting_is_refused_with_the_nearest() {
        let error = from_sources(None, &env(&[("PEREZVON_HTPP", "x")])).unwrap_err().to_string();
        assert!(error.contains("PEREZVON_HTTP"), "{error}");
    }

    #[test]
    fn every_setting_is_in_the_operations_page() {
        let page = include_str!("../../../docs/operations.md");
        for setting in SETTINGS {
            let name = environment_name(setting.key);
            assert!(page.contains(&name), "{name} is missing in docs/operations.md");
        }
    }
}

//! Settings as people see them: what is in force, where it comes from, and no secret.

use super::{Origin, SETTINGS, Settings, Value, Values, environment_name};

const MASK: &str = "***";

/// One block a setting: name and value, then origin and meaning.
pub(super) fn list(settings: &Settings, values: &Values) -> String {
    let mut text = String::new();
    for setting in SETTINGS {
        let value = &values[setting.key];
        let (name, shown) = (environment_name(setting.key), in_force(setting.key, value, settings));
        text += &format!("{name} = {shown}\n    {}; {}\n", origin(&value.origin), setting.meaning);
    }
    text
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File { path, .. } => format!("file {}", path.display()),
        Origin::Environment { .. } => "environment".to_owned(),
    }
}

/// An empty text stands for something that follows from other settings; that is shown in its place.
fn in_force(key: &str, value: &Value, settings: &Settings) -> String {
    match key {
        "demo_password" if value.text.is_empty() => "(made at start and printed)".to_owned(),
        "demo_password" => MASK.to_owned(),
        "database_url" => without_secrets(&settings.database_url),
        "public_ip" => settings.public_ip.to_string(),
        "recordings" => settings.recordings.display().to_string(),
        "public_url" => settings.public_url.clone(),
        _ if value.text.is_empty() => "(none)".to_owned(),
        _ => value.text.clone(),
    }
}

/// A database's address without its password. Parameters may hold one too and are left out as a whole.
pub fn without_secrets(url: &str) -> String {
    if url.starts_with("sqlite:") {
        return url.to_owned();
    }
    let Some((scheme, rest)) = url.split_once("://") else { return MASK.to_owned() };
    // The last `@` ends the credentials, even where a password holds one unescaped.
    let (user, place) = match rest.rsplit_once('@') {
        Some((credentials, place)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            let password = if credentials.contains(':') { format!(":{MASK}") } else { String::new() };
            (format!("{user}{password}@"), place)
        }
        None => (String::new(), rest),
    };
    let (place, parameters) = match place.split_once('?') {
        Some((place, _)) => (place, format!("?{MASK}")),
        None => (place, String::new()),
    };
    // Without an `@`, what stands after a colon is a port or a password in the wrong place.
    let is_port =
        |text: &str| text.split('/').next().is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let place = match place.rsplit_once(':') {
        Some((host, port)) if !is_port(port) && !host.ends_with(':') && !port.contains(']') => {
            format!("{host}:{MASK}")
        }
        Some(_) | None => place.to_owned(),
    };
    format!("{scheme}://{user}{place}{parameters}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn listed(pairs: &[(&str, &str)]) -> String {
        let environment: BTreeMap<String, String> =
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let values = Settings::sources(None, &environment).unwrap();
        list(&Settings::parse(&values).unwrap(), &values)
    }

    #[test]
    fn every_setting_is_listed_with_the_value_in_force_and_its_origin() {
        let text = listed(&[("PEREZVON_HTTP", "127.0.0.1:9001"), ("PEREZVON_DATA", "/srv/calls")]);
        for lines in [
            "PEREZVON_HTTP = 127.0.0.1:9001\n    environment; address",
            "PEREZVON_DATABASE_URL = sqlite:/srv/calls/perezvon.db\n    default; ",
            "PEREZVON_PUBLIC_URL = http://127.0.0.1:9001\n    default; ",
            "PEREZVON_PUBLIC_IP = 127.0.0.1\n    default; ",
            "PEREZVON_MAX_CALLS = 2000\n    default; ",
            "PEREZVON_TRUSTED_PROXIES = (none)\n    default; ",
        ] {
            assert!(text.contains(lines), "{lines}\n{text}");
        }
        assert_eq!(text.matches("PEREZVON_").count(), SETTINGS.len(), "{text}");
    }

    #[test]
    fn a_file_is_named_as_the_origin() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "max_calls = 5\n").unwrap();
        let values = Settings::sources(Some(file.path()), &BTreeMap::new()).unwrap();
        let text = list(&Settings::parse(&values).unwrap(), &values);
        let wanted = format!("PEREZVON_MAX_CALLS = 5\n    file {}; ", file.path().display());
        assert!(text.contains(&wanted), "{text}");
    }

    #[test]
    fn no_secret_is_listed() {
        let text = listed(&[
            ("PEREZVON_DEMO_PASSWORD", "hunter2"),
            ("PEREZVON_DATABASE_URL", "postgres://calls:hunter2@db.example/calls?password=hunter2"),
        ]);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("postgres://calls:***@db.example/calls?***"), "{text}");
    }

    #[test]
    fn a_database_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("sqlite:data/perezvon.db", "sqlite:data/perezvon.db"),
            ("postgres://db.example:5433/calls", "postgres://db.example:5433/calls"),
            ("postgres://calls@db.example/calls", "postgres://calls@db.example/calls"),
            ("postgres://calls:se@cr:et@db.example/calls", "postgres://calls:***@db.example/calls"),
            ("postgres://calls:secret", "postgres://calls:***"),
            ("postgres://c:s@[::1]/calls", "postgres://c:***@[::1]/calls"),
            ("nonsense:secret", "***"),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }
}

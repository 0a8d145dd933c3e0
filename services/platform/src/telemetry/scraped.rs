//! A strict reader of OpenMetrics text, for tests: it refuses what Prometheus would refuse, and what it would only grumble at.

use std::collections::{BTreeMap, BTreeSet};

/// The series of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct ScrapedFamily {
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: String,
    /// The unit, if it has one.
    pub unit: Option<String>,
    /// What it says.
    pub help: String,
    /// Its samples, in their order.
    pub samples: Vec<ScrapedSample>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct ScrapedSample {
    /// With its suffix: `…_total`, `…_bucket`.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
    /// Labels and value of its exemplar.
    pub exemplar: Option<(BTreeMap<String, String>, f64)>,
}

/// The families of an exposition, by name.
///
/// # Errors
/// The first line that is not as the specification wants it, and why.
pub fn scraped(text: &str) -> Result<BTreeMap<String, ScrapedFamily>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("the text does not end with # EOF")?;
    let mut families: BTreeMap<String, ScrapedFamily> = BTreeMap::new();
    let mut current = String::new();
    for line in body.lines() {
        let wrong = |why: &str| Err(format!("{why}: {line}"));
        if let Some(described) = line.strip_prefix("# ") {
            let mut words = described.splitn(3, ' ');
            let (Some(what), Some(name), Some(rest)) = (words.next(), words.next(), words.next()) else {
                return wrong("a description without a name or words");
            };
            if what == "TYPE" {
                let samples = Vec::new();
                let family = ScrapedFamily { kind: rest.to_owned(), unit: None, help: String::new(), samples };
                if families.insert(name.to_owned(), family).is_some() {
                    return wrong("the family stands twice");
                }
                name.clone_into(&mut current);
                continue;
            }
            let Some(family) = families.get_mut(name).filter(|family| name == current && family.samples.is_empty())
            else {
                return wrong("a description outside of its family");
            };
            match what {
                "UNIT" if name.ends_with(&format!("_{rest}")) => family.unit = Some(rest.to_owned()),
                "HELP" => family.help = unescaped(rest).ok_or_else(|| format!("a bad escape: {line}"))?,
                _ => return wrong("a description of no known sort"),
            }
            continue;
        }
        let sample = sample(line).ok_or_else(|| format!("not a sample: {line}"))?;
        let Some(family) = families.get_mut(&current) else { return wrong("a sample before any TYPE") };
        let suffixes: &[&str] = match family.kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_count", "_sum"],
            "info" => &["_info"],
            _ => return wrong("a type of no known sort"),
        };
        let Some(suffix) = sample.name.strip_prefix(&current).filter(|suffix| suffixes.contains(suffix)) else {
            return wrong("a sample outside of its family, or with a suffix that its type has not");
        };
        if sample.exemplar.is_some() && suffix != "_bucket" {
            return wrong("an exemplar where none may be");
        }
        family.samples.push(sample);
    }
    for (name, family) in &families {
        let series: BTreeSet<_> = family.samples.iter().map(|sample| (&sample.name, &sample.labels)).collect();
        if series.len() != family.samples.len() {
            return Err(format!("{name}: a series stands twice"));
        }
        if family.kind == "histogram" {
            histogram(family).map_err(|why| format!("{name}: {why}"))?;
        }
    }
    Ok(families)
}

/// Buckets ascend in bound and count up to `+Inf`, which is the count; an exemplar lies in its own bucket.
fn histogram(family: &ScrapedFamily) -> Result<(), &'static str> {
    let (mut bound, mut count) = (f64::NEG_INFINITY, 0.0);
    for sample in &family.samples {
        if sample.name.ends_with("_bucket") {
            let le = sample.labels.get("le").and_then(|le| number(le)).ok_or("a bucket without a bound")?;
            if bound == f64::INFINITY {
                (bound, count) = (f64::NEG_INFINITY, 0.0);
            }
            if le <= bound || sample.value < count {
                return Err("buckets do not ascend");
            }
            if sample.exemplar.as_ref().is_some_and(|(_, value)| *value > le || *value <= bound) {
                return Err("an exemplar stands in another's bucket");
            }
            (bound, count) = (le, sample.value);
        } else if sample.name.ends_with("_count") && (bound < f64::INFINITY || (sample.value - count).abs() > 0.0) {
            return Err("the last bucket is not the count");
        }
    }
    Ok(())
}

fn sample(line: &str) -> Option<ScrapedSample> {
    let (line, exemplar) = match line.split_once(" # ") {
        Some((line, exemplar)) => (line, Some(exemplar)),
        None => (line, None),
    };
    let (name, rest) = line.split_at(line.find(['{', ' '])?);
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let (labels, rest) = labelled(rest)?;
    let value = number(rest.strip_prefix(' ')?)?;
    let exemplar = match exemplar {
        None => None,
        Some(text) => {
            let (labels, rest) = labelled(text).filter(|(labels, _)| !labels.is_empty())?;
            let (value, at) = rest.strip_prefix(' ')?.split_once(' ')?;
            let long: usize = labels.iter().map(|(key, value)| key.chars().count() + value.chars().count()).sum();
            number(at).filter(|at| *at > 1e9 && long <= 128)?;
            Some((labels, number(value)?))
        }
    };
    name.bytes().all(is_name).then(|| ScrapedSample { name: name.to_owned(), labels, value, exemplar })
}

/// Labels in braces, and what stands behind them.
fn labelled(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    let Some(mut rest) = text.strip_prefix('{') else { return Some((labels, text)) };
    loop {
        let (key, value) = rest.split_once("=\"")?;
        let mut end = 0;
        while !value[end..].starts_with('"') {
            end += if value[end..].starts_with('\\') { 2 } else { value[end..].chars().next()?.len_utf8() };
        }
        labels.insert(key.to_owned(), unescaped(&value[..end])?).is_none().then_some(())?;
        match value.as_bytes().get(end + 1)? {
            b',' => rest = &value[end + 2..],
            b'}' => return Some((labels, &value[end + 2..])),
            _ => return None,
        }
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                escaped @ ('\\' | '"') => escaped,
                _ => return None,
            },
            '"' => return None,
            other => other,
        });
    }
    Some(plain)
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)).then(|| text.parse().ok())?,
    }
}

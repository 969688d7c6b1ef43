//! Names and addresses for the data set's anonymous customers: made up, seeded, and marked as such.

use gyre_base::Dice;

use super::dataset::Customer;
use crate::wire::{IDENTIFY, OutEvent};

/// Domain of every made-up address; `.test` never resolves (RFC 2606).
const MAIL_DOMAIN: &str = "shop.test";

/// Common first and last names of some languages; last names of several words stand between bars.
struct Names {
    languages: &'static [&'static str],
    first: &'static str,
    last: &'static str,
}

/// English first: it stands in for languages without names of their own here.
const NAMES: &[Names] = &[
    Names {
        languages: &["en"],
        first: "Oliver Amelia George Isla Harry Ava Noah Mia Jack Grace Leo Freya Arthur Lily Oscar Emily Charlie \
                Sophie Thomas Ella Henry Evie William Poppy James Alice Edward Ruby Daniel Hannah Samuel Molly \
                Joseph Daisy Adam Lucy Liam Erin Owen Zoe",
        last: "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White \
               Roberts Green Hall Wood Jackson Clarke Patel Khan Lewis Harris Turner Hill Cooper Ward Morris Moore \
               Bell Baker Kelly Murphy Scott Young Allen Price Bennett Gray",
    },
    Names {
        languages: &["de"],
        first: "Lukas Emma Jonas Mia Felix Hannah Paul Lena Leon Anna Maximilian Lea Moritz Clara Jan Marie Tobias Laura",
        last: "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Richter Klein Wolf \
               Neumann Schwarz Zimmermann Braun",
    },
    Names {
        languages: &["fr"],
        first: "Louis Emma Gabriel Jade Jules Louise Hugo Alice Arthur Chloé Lucas Inès Adam Léa Nathan Manon Théo Camille",
        last: "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel \
               Garcia David Bertrand Roux",
    },
    Names {
        languages: &["nl"],
        first: "Daan Emma Sem Julia Lucas Sophie Finn Tess Bram Eva Thijs Lotte Jesse Fleur Milan Sanne",
        last: "de Jong|Jansen|de Vries|van den Berg|Bakker|Visser|Smit|Meijer|Mulder|Bos|Vos|Peters|Hendriks|Dekker",
    },
    Names {
        languages: &["es"],
        first: "Hugo Lucía Mateo Sofía Martín Martina Pablo María Daniel Julia Alejandro Paula Diego Carla Javier Elena",
        last: "García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández \
               Díaz Moreno Álvarez",
    },
    Names {
        languages: &["pt"],
        first: "João Maria Francisco Leonor Afonso Matilde Tomás Beatriz Duarte Carolina Miguel Inês Pedro Ana",
        last: "Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Gonçalves Gomes Lopes \
               Marques",
    },
    Names {
        languages: &["it"],
        first: "Leonardo Sofia Francesco Giulia Lorenzo Aurora Alessandro Alice Andrea Ginevra Mattia Emma Luca Giorgia",
        last: "Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa",
    },
    Names {
        languages: &["sv", "no", "da", "fi"],
        first: "Lars Astrid Erik Ingrid Nils Freja Anders Sofie Johan Linnea Mikkel Ida Henrik Maja",
        last: "Hansen Johansson Andersson Nielsen Larsen Karlsson Olsen Nilsson Pedersen Berg Lund Dahl Eriksson Holm",
    },
    Names {
        languages: &["ja"],
        first: "Haruto Yui Sota Aoi Yuto Hina Ren Sakura Kaito Rin Daiki Mei",
        last: "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada",
    },
];

/// Language of a country as the data set spells it; English where it has no names here.
const LANGUAGES: &[(&str, &str)] = &[
    ("Germany", "de"),
    ("Austria", "de"),
    ("Switzerland", "de"),
    ("France", "fr"),
    ("Belgium", "fr"),
    ("Netherlands", "nl"),
    ("Spain", "es"),
    ("Portugal", "pt"),
    ("Brazil", "pt"),
    ("Italy", "it"),
    ("Sweden", "sv"),
    ("Norway", "no"),
    ("Denmark", "da"),
    ("Finland", "fi"),
    ("Japan", "ja"),
];

/// The address of a customer.
pub fn address_of(customer: u32) -> String {
    format!("customer-{customer}@{MAIL_DOMAIN}")
}

/// The customer of an address made by [`address_of`].
pub fn customer_of(address: &str) -> Option<u32> {
    let name = address.trim().strip_suffix(MAIL_DOMAIN)?;
    name.strip_prefix("customer-")?
        .strip_suffix('@')?
        .parse()
        .ok()
}

/// The event that gives a customer a name, a language, a country and an address.
pub fn profile_event(customer: &Customer, dice: &Dice) -> OutEvent {
    let mut dice = dice.fork(u64::from(customer.id));
    let language = LANGUAGES
        .iter()
        .find(|(country, _)| *country == customer.country)
        .map_or("en", |(_, language)| language);
    let names = NAMES.iter().find(|it| it.languages.contains(&language));
    let names = names.unwrap_or(&NAMES[0]);
    let first: Vec<&str> = names.first.split_whitespace().collect();
    let last: Vec<&str> = if names.last.contains('|') {
        names.last.split('|').collect()
    } else {
        names.last.split_whitespace().collect()
    };
    let mut event = OutEvent::new(IDENTIFY, customer.first_order)
        .simulated()
        .setting("first_name", dice.pick(&first).copied().unwrap_or_default())
        .setting("last_name", dice.pick(&last).copied().unwrap_or_default())
        .setting("email", address_of(customer.id))
        .setting("language", language)
        .setting("country", customer.country.as_str())
        .setting("simulated", true);
    event.historical = true;
    event.user_id = Some(customer.id.to_string());
    event.insert_id = Some(format!("profile-{}", customer.id));
    event
}

#[cfg(test)]
mod tests {
    use gyre_base::Timestamp;

    use super::*;

    fn customer(id: u32, country: &str) -> Customer {
        Customer {
            id,
            country: country.to_owned(),
            first_order: Timestamp(0),
        }
    }

    #[test]
    fn the_same_customer_always_has_the_same_name() {
        let dice = Dice::new(1);
        let event = profile_event(&customer(17_850, "United Kingdom"), &dice);
        assert_eq!(
            event,
            profile_event(&customer(17_850, "United Kingdom"), &dice)
        );
        let set = &event.user_properties["$set"];
        assert_eq!(set["email"], "customer-17850@shop.test");
        assert_eq!(
            (&set["language"], &set["simulated"]),
            (&"en".into(), &true.into())
        );
        assert!(event.is_simulated());
    }

    #[test]
    fn names_follow_the_country() {
        let event = profile_event(&customer(1, "Netherlands"), &Dice::new(1));
        let set = &event.user_properties["$set"];
        assert_eq!(set["language"], "nl");
        assert!(NAMES[3].last.contains(set["last_name"].as_str().unwrap()));
        let event = profile_event(&customer(1, "Lebanon"), &Dice::new(1));
        assert_eq!(event.user_properties["$set"]["language"], "en");
    }

    #[test]
    fn an_address_leads_back_to_its_customer() {
        assert_eq!(customer_of(&address_of(17_850)), Some(17_850));
        for other in [
            "kim@shop.test",
            "customer-x@shop.test",
            "customer-1@example.org",
        ] {
            assert_eq!(customer_of(other), None, "{other}");
        }
    }
}

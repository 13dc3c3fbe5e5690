//! The customers of the demo company: the same three hundred at every start, so that callers are known.

use perezvon_model::E164;
use perezvon_model::customer::CustomerField;

use crate::dice::Dice;

pub const CUSTOMERS: usize = 300;
/// Fixed, so that the life process rings from the numbers that the store knows.
const SEED: u64 = 0x6465_6d6f;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub name: String,
    /// Empty for a private person.
    pub company: String,
    pub number: E164,
    /// Named facts in the order of the card; the first is the contract.
    fields: Vec<(&'static str, String)>,
    pub note: &'static str,
}

impl Customer {
    pub fn fields(&self) -> Vec<CustomerField> {
        let field =
            |(name, value): &(&str, String)| CustomerField { name: (*name).to_owned(), value: value.clone() };
        self.fields.iter().map(field).collect()
    }

    /// The digits that the flow asks for: those of the contract.
    pub fn account(&self) -> String {
        self.fields[0].1.chars().filter(char::is_ascii_digit).collect()
    }
}

const MALE: [&str; 16] = [
    "Александр",
    "Сергей",
    "Владимир",
    "Андрей",
    "Николай",
    "Михаил",
    "Юрий",
    "Виктор",
    "Евгений",
    "Роман",
    "Игорь",
    "Денис",
    "Артём",
    "Константин",
    "Григорий",
    "Тимур",
];
const FEMALE: [&str; 16] = [
    "Екатерина",
    "Светлана",
    "Людмила",
    "Марина",
    "Галина",
    "Юлия",
    "Ирина",
    "Вера",
    "Дарья",
    "Полина",
    "Ксения",
    "Алина",
    "Надежда",
    "Валентина",
    "Софья",
    "Динара",
];
/// Masculine and feminine.
const SURNAMES: [(&str, &str); 40] = [
    ("Иванов", "Иванова"),
    ("Смирнов", "Смирнова"),
    ("Попов", "Попова"),
    ("Васильев", "Васильева"),
    ("Петров", "Петрова"),
    ("Новиков", "Новикова"),
    ("Фёдоров", "Фёдорова"),
    ("Михайлов", "Михайлова"),
    ("Алексеев", "Алексеева"),
    ("Яковлев", "Яковлева"),
    ("Григорьев", "Григорьева"),
    ("Романов", "Романова"),
    ("Воробьёв", "Воробьёва"),
    ("Сергеев", "Сергеева"),
    ("Кузьмин", "Кузьмина"),
    ("Фролов", "Фролова"),
    ("Александров", "Александрова"),
    ("Дмитриев", "Дмитриева"),
    ("Королёв", "Королёва"),
    ("Гусев", "Гусева"),
    ("Киселёв", "Киселёва"),
    ("Ильин", "Ильина"),
    ("Максимов", "Максимова"),
    ("Поляков", "Полякова"),
    ("Сорокин", "Сорокина"),
    ("Ковалёв", "Ковалёва"),
    ("Медведев", "Медведева"),
    ("Антонов", "Антонова"),
    ("Тарасов", "Тарасова"),
    ("Жуков", "Жукова"),
    ("Баранов", "Баранова"),
    ("Филиппов", "Филиппова"),
    ("Комаров", "Комарова"),
    ("Давыдов", "Давыдова"),
    ("Беляев", "Беляева"),
    ("Герасимов", "Герасимова"),
    ("Осипов", "Осипова"),
    ("Матвеев", "Матвеева"),
    ("Каримов", "Каримова"),
    ("Тихонов", "Тихонова"),
];
const COMPANIES: [&str; 24] = [
    "ООО «Северный путь»",
    "ООО «Ромашка»",
    "АО «Волжский завод»",
    "ИП Сафонов",
    "ООО «Техномир»",
    "ООО «Дом и сад»",
    "АО «Стройинвест»",
    "ООО «Белая сова»",
    "ИП Арутюнян",
    "ООО «Пекарня на углу»",
    "ООО «Медлайн»",
    "АО «Уралкабель»",
    "ООО «Книжный двор»",
    "ООО «Чистый город»",
    "ИП Лапина",
    "ООО «Речной порт»",
    "ООО «Школа роста»",
    "ООО «Вектор»",
    "АО «Сибпродукт»",
    "ООО «Зелёный остров»",
    "ООО «Автодеталь»",
    "ИП Хасанов",
    "ООО «Лазурит»",
    "ООО «Тёплый дом»",
];
const CITIES: [&str; 14] = [
    "Москва",
    "Санкт-Петербург",
    "Казань",
    "Екатеринбург",
    "Новосибирск",
    "Нижний Новгород",
    "Самара",
    "Ростов-на-Дону",
    "Пермь",
    "Воронеж",
    "Тверь",
    "Калуга",
    "Уфа",
    "Ярославль",
];
const HOME_TARIFFS: [&str; 4] = ["Домашний 100", "Домашний 300", "Семейный", "Лёгкий"];
const BUSINESS_TARIFFS: [&str; 3] = ["Офис", "Офис плюс", "Предприятие"];
const NOTES: [&str; 6] = [
    "",
    "",
    "",
    "Просит звонить после 18 часов.",
    "Предпочитает письма.",
    "Давний клиент, говорить без спешки.",
];

/// All customers, in the order of their numbers.
pub fn customers() -> Vec<Customer> {
    let mut dice = Dice::new(SEED);
    (0..CUSTOMERS).map(|index| customer(index, &mut dice)).collect()
}

fn customer(index: usize, dice: &mut Dice) -> Customer {
    let surname = dice.pick(&SURNAMES);
    let name = if dice.chance(0.5) {
        format!("{} {}", dice.pick(&MALE), surname.0)
    } else {
        format!("{} {}", dice.pick(&FEMALE), surname.1)
    };
    let business = dice.chance(0.3);
    let company = if business { (*dice.pick(&COMPANIES)).to_owned() } else { String::new() };
    let tariff = if business { *dice.pick(&BUSINESS_TARIFFS) } else { *dice.pick(&HOME_TARIFFS) };
    let contract = format!("{:02}-{:04}", 40 + index % 20, 1_000 + (index * 37) % 9_000);
    Customer {
        name,
        company,
        number: number(index),
        fields: vec![
            ("Договор", contract),
            ("Тариф", tariff.to_owned()),
            ("Город", (*dice.pick(&CITIES)).to_owned()),
        ],
        note: dice.pick::<&str>(&NOTES),
    }
}

/// `+7 900 000 xxxx`, each its own: the demo never rings out, and nobody's real number is shown on a screen.
fn number(index: usize) -> E164 {
    e164(format!("+7900000{:04}", 1_000 + index * 29))
}

/// The number of a caller whom the company does not know. 0 to 8,999.
pub fn unknown_number(index: usize) -> E164 {
    e164(format!("+7900001{:04}", 1_000 + index % 9_000))
}

fn e164(text: String) -> E164 {
    E164::from_canonical(&text).expect("plus and eleven digits are the canonical form")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn customers_are_the_same_each_time_and_each_has_a_number_of_its_own() {
        let all = customers();
        assert_eq!(all, customers());
        let numbers: BTreeSet<_> = all.iter().map(|customer| customer.number.as_str()).collect();
        assert_eq!(numbers.len(), CUSTOMERS);
        for customer in &all {
            let parsed = E164::parse(customer.number.as_str(), "RU").expect("a number");
            assert_eq!(parsed, customer.number, "what a call shows must find the card");
            assert_eq!(customer.account().len(), 6, "{customer:?}");
        }
        let contracts: BTreeSet<_> = all.iter().map(|customer| &customer.fields[0].1).collect();
        assert_eq!(contracts.len(), CUSTOMERS);
    }

    #[test]
    fn an_unknown_number_is_no_customer() {
        let known: BTreeSet<_> = customers().into_iter().map(|customer| customer.number).collect();
        assert!((0..9_000).all(|index| !known.contains(&unknown_number(index))));
    }
}

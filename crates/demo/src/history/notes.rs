//! What agents write after a call.

use perezvon_model::DispositionId;

use crate::company::Company;
use crate::company::plan::Line;
use crate::dice::Dice;

/// Key of a disposition, its weight on a line that offers it, and what an agent may note with it.
const WRITTEN: [(&str, f64, &[&str]); 10] = [
    (
        "resolved",
        5.0,
        &[
            "Роутер перезагружен, связь восстановлена.",
            "Разъяснил условия договора.",
            "Заказ найден, привезут сегодня.",
            "",
        ],
    ),
    (
        "follow_up",
        1.2,
        &[
            "Перезвонить завтра до обеда.",
            "Ждём ответа склада, сообщить клиенту.",
            "Нужны документы, клиент пришлёт на почту.",
        ],
    ),
    ("fault", 1.5, &["Нет связи с утра, заявка инженерам.", "Обрыв в подъезде, выезд завтра."]),
    (
        "order",
        2.5,
        &[
            "Подключён тариф «Семейный».",
            "Оформлен заказ, доставка в четверг.",
            "Переход на «Офис плюс» с первого числа.",
        ],
    ),
    ("thinking", 1.5, &["Сравнит с другим предложением.", "Посоветуется дома, перезвонит сам."]),
    (
        "payment_found",
        3.0,
        &["Платёж завис в банке, зачислен.", "Оплата прошла на старый договор, перенесена."],
    ),
    ("refund", 0.8, &["Товар пришёл разбитый, возврат оформлен.", "Деньги вернутся за 3 дня."]),
    ("complaint", 0.5, &["Недоволен сроком доставки.", "Долго ждал ответа, извинились."]),
    ("wrong_number", 0.3, &[""]),
    ("dropped", 0.3, &["Связь пропала, клиент за рулём.", ""]),
];

/// How the agent sorts a call of this line, and the note.
pub(super) fn draw(company: &Company, line: Line, dice: &mut Dice) -> (DispositionId, String) {
    let offered = company.dispositions_of(line);
    let written: Vec<_> = company
        .dispositions
        .iter()
        .filter(|disposition| offered.contains(&disposition.id))
        .filter_map(|disposition| {
            let row = WRITTEN.iter().find(|(key, ..)| *key == disposition.key)?;
            Some((disposition.id, row.1, row.2))
        })
        .collect();
    let weights: Vec<f64> = written.iter().map(|(_, weight, _)| *weight).collect();
    let (id, _, notes) = written[dice.weighted(&weights)];
    (id, (*dice.pick(notes)).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disposition_has_notes_and_only_those_of_the_line_are_drawn() {
        let company = Company::plan();
        for disposition in &company.dispositions {
            assert!(WRITTEN.iter().any(|(key, ..)| *key == disposition.key), "{}", disposition.key);
        }
        let mut dice = Dice::new(2);
        for line in Line::ALL {
            let offered = company.dispositions_of(line);
            assert!((0..200).all(|_| offered.contains(&draw(&company, line, &mut dice).0)));
        }
    }
}

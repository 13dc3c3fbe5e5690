//! Every statement of this crate in one list, so that a test can prepare them all on both engines.

pub use crate::sql::Statement;

pub fn statements() -> Vec<Statement> {
    let fixed = [
        crate::change::STATEMENTS,
        crate::config::STATEMENTS,
        crate::customer::STATEMENTS,
        crate::db::STATEMENTS,
        crate::directory::STATEMENTS,
        crate::disposition::STATEMENTS,
        crate::flow::STATEMENTS,
        crate::input::STATEMENTS,
        crate::interaction::STATEMENTS,
        crate::journal::INTERRUPTED_STATEMENTS,
        crate::journal::STATEMENTS,
        crate::journal::WRITE_STATEMENTS,
        crate::migrate::STATEMENTS,
        crate::number::STATEMENTS,
        crate::queue::STATEMENTS,
        crate::recording::STATEMENTS,
        crate::report::DAY_STATEMENTS,
        crate::report::TODAY_STATEMENTS,
        crate::session::STATEMENTS,
        crate::skill::STATEMENTS,
        crate::tenant::STATEMENTS,
        crate::trunk::STATEMENTS,
        crate::user::STATEMENTS,
    ];
    let mut all: Vec<Statement> = fixed.into_iter().flatten().copied().collect();
    all.extend(crate::journal::rows::statements());
    all
}

//! The caller presses digits: one try after another at a menu, an entry or a choice of language.

use perezvon_model::prompt::Language;

use crate::graph::{Collect, Menu, Node, SetLanguage};

/// What a digit, the end of a prompt or silence came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Say the prompt.
    Ask,
    /// Say that it did not work, and the prompt again.
    AskAgain,
    /// The prompt is over: wait for the first digit.
    Listen,
    /// Wait for the next digit.
    More,
    /// A number or a choice that leads on.
    Given { value: String, target: String },
    /// A language was chosen.
    Chosen { value: String, language: Language, target: String },
    /// No try is left, or silence has its own way on.
    Silent { language: Option<Language>, target: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Prompting,
    Listening,
}

#[derive(Debug)]
pub struct Entry {
    /// Tries that failed.
    failed: u32,
    phase: Phase,
    digits: String,
}

impl Entry {
    pub fn new() -> Entry {
        Entry { failed: 0, phase: Phase::Prompting, digits: String::new() }
    }

    /// True when a digit now cuts off a prompt that still plays.
    pub fn interrupts_prompt(&mut self) -> bool {
        std::mem::replace(&mut self.phase, Phase::Listening) == Phase::Prompting
    }

    pub fn prompt_over(&mut self) -> Answer {
        self.phase = Phase::Listening;
        if self.digits.is_empty() { Answer::Listen } else { Answer::More }
    }

    pub fn digit(&mut self, node: &Node, digit: char) -> Answer {
        self.phase = Phase::Listening;
        match node {
            Node::Menu(menu) => self.menu_digit(menu, digit),
            Node::Collect(collect) => self.collect_digit(collect, digit),
            Node::Language(language) => language_digit(language, digit),
            Node::Play(_) | Node::Hours(_) | Node::Queue(_) | Node::Transfer(_) | Node::HangUp(_) => {
                unreachable!("a {} node asks for no digits", node.kind())
            }
        }
    }

    pub fn timeout(&mut self, node: &Node) -> Answer {
        if self.phase == Phase::Prompting {
            // The end of the prompt was lost: go on as if it had come.
            return self.prompt_over();
        }
        match node {
            Node::Menu(menu) => self.fail(menu.tries, &menu.on_timeout),
            Node::Collect(collect) => self.collect_over(collect),
            Node::Language(language) => silent(language),
            Node::Play(_) | Node::Hours(_) | Node::Queue(_) | Node::Transfer(_) | Node::HangUp(_) => {
                unreachable!("a {} node asks for no digits", node.kind())
            }
        }
    }

    fn menu_digit(&mut self, menu: &Menu, digit: char) -> Answer {
        match menu.choices.get(&digit) {
            Some(target) => Answer::Given { value: digit.to_string(), target: target.clone() },
            None => self.fail(menu.tries, &menu.on_invalid),
        }
    }

    fn collect_digit(&mut self, collect: &Collect, digit: char) -> Answer {
        match digit {
            '#' => self.collect_over(collect),
            '*' => {
                self.digits.clear();
                Answer::Listen
            }
            digit if !digit.is_ascii_digit() => Answer::More,
            digit => {
                self.digits.push(digit);
                if self.digits.len() >= collect.max_digits as usize {
                    self.collect_over(collect)
                } else {
                    Answer::More
                }
            }
        }
    }

    fn collect_over(&mut self, collect: &Collect) -> Answer {
        if self.digits.len() >= collect.min_digits as usize {
            Answer::Given { value: std::mem::take(&mut self.digits), target: collect.next.clone() }
        } else {
            self.fail(collect.tries, &collect.on_fail)
        }
    }

    fn fail(&mut self, tries: u32, target: &str) -> Answer {
        self.failed += 1;
        self.digits.clear();
        if self.failed >= tries {
            return Answer::Silent { language: None, target: target.to_owned() };
        }
        self.phase = Phase::Prompting;
        Answer::AskAgain
    }
}

fn language_digit(language: &SetLanguage, digit: char) -> Answer {
    match language.choices.get(&digit) {
        Some(chosen) => {
            Answer::Chosen { value: digit.to_string(), language: *chosen, target: language.next.clone() }
        }
        None => silent(language),
    }
}

fn silent(language: &SetLanguage) -> Answer {
    Answer::Silent { language: Some(language.language), target: language.next.clone() }
}

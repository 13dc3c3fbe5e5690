//! Every limit of the engine, by name.

/// The most calls of one tenant at once; one more is refused with `Overload`.
pub const MAX_CALLS: usize = 20_000;
/// The most chats and mails of one tenant that wait or are at hand at once; one more is refused.
pub const MAX_ITEMS: usize = 100_000;
/// The longest that a chat or a mail waits by itself: nothing ends it but its queue's rules. 30 days.
pub const MAX_ITEM_MS: i64 = 30 * 86_400_000;
/// The most digits that an agent sends at once.
pub const MAX_DIGITS: usize = 32;
/// The longest note.
pub const MAX_NOTE_CHARS: usize = 4_000;
/// The longest reason of a break.
pub const MAX_REASON_CHARS: usize = 64;
/// The most values that a flow collects of one call; later ones are journalled but not shown.
pub const MAX_COLLECTED: usize = 32;
/// The most places kept for callers who may call again.
pub const MAX_DROPPED: usize = 10_000;
/// The highest position that the library can say; past it the caller hears that more are waiting.
pub const MAX_SPOKEN_POSITION: u32 = 20;

/// How often in a row a rule of a queue leads a caller elsewhere; after that the caller stays.
pub const MAX_DIVERSIONS: u8 = 8;
/// How often an estimated wait is looked at again by the rules of overflow.
pub const ESTIMATE_EVERY_MS: i64 = 30_000;
/// How long a promise to call back is kept while nobody can keep it.
pub const MAX_CALLBACK_MS: i64 = 86_400_000;
/// When a customer whose turn came, but for whom no agent is left, is looked at again.
pub const CALL_BACK_AGAIN_MS: i64 = 5_000;
/// How long a customer who is called back is rung.
pub const CALL_BACK_MS: i64 = 45_000;
/// How long a caller is told to speak a message; then it begins, though the end of the tone be lost.
pub const MESSAGE_PROMPT_MS: i64 = 20_000;
/// The longest message that a caller leaves.
pub const MAX_MESSAGE_MS: i64 = 180_000;
/// How long a browser leg may take from the agent's accept to its sound.
pub const CONNECT_MS: i64 = 10_000;
/// How long a call waits for an agent whose media is lost.
pub const LOST_MS: i64 = 30_000;
/// The longest wrap-up, extended or open.
pub const MAX_WRAP_UP_MS: i64 = 900_000;
/// How long an agent without a desk, or ready without a usable device, keeps the presence.
pub const GONE_MS: i64 = 30_000;
/// The longest wait of a caller who is in a queue for a second time (transferred, or the agent was lost).
pub const REJOIN_LIMIT_MS: i64 = 3_600_000;
/// The longest good-bye.
pub const PARTING_MS: i64 = 20_000;
/// How long the answer to a question is waited for; the call never waits for it.
pub const ASK_MS: i64 = 10_000;
/// How much longer than the dial itself its answer is waited for.
pub const DIAL_GRACE_MS: i64 = 2_000;

//! Skills with levels.

use perezvon_model::config::SkillLevel;

/// Whether somebody with skills `has` meets every one of `needs` at its least level.
pub fn qualifies(has: &[SkillLevel], needs: &[SkillLevel]) -> bool {
    needs.iter().all(|need| has.iter().any(|skill| skill.skill == need.skill && skill.level >= need.level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use perezvon_model::SkillId;

    fn level(skill: u128, level: u8) -> SkillLevel {
        SkillLevel { skill: SkillId(numbered(skill)), level }
    }

    fn numbered(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }

    #[test]
    fn every_needed_skill_counts_at_its_least_level() {
        let agent = [level(1, 5), level(2, 1)];
        assert!(qualifies(&agent, &[]));
        assert!(qualifies(&agent, &[level(1, 5)]));
        assert!(qualifies(&agent, &[level(1, 3), level(2, 1)]));
        assert!(!qualifies(&agent, &[level(1, 6)]));
        assert!(!qualifies(&agent, &[level(1, 5), level(3, 1)]));
        assert!(!qualifies(&[], &[level(1, 1)]));
    }
}

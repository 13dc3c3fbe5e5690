// What is wrong with a flow, in the reader's language. The check says it in English with the names in the sentence; each
// sentence is known by its form. A test reads the check's sources for sentences that are missing.
import { t } from '@perezvon/ui'

const FORMS: [RegExp, (found: string[]) => string][] = [
  [/^leads to `(.+)`, and there is no such node$/, ([name = '']) => t('flow_problem.no_node', { name })],
  [/^no call can come here/, () => t('flow_problem.unreached')],
  [/^is a dead end/, () => t('flow_problem.dead_end')],
  [/^is in a loop without an exit/, () => t('flow_problem.loop')],
  [/^is (\d+); write (\d+) to (\d+)$/, ([value = '', least = '', most = '']) => t('flow_problem.range', { value, least, most })],
  [/^a node's id is 1 to (\d+) of a-z/, ([most = '']) => t('flow_problem.id', { most })],
  [/^has more than (\d+) (?:prompts|rows)$/, ([most = '']) => t('flow_problem.too_many', { most })],
  [/^there is no prompt `(.+)` in the library$/, ([name = '']) => t('flow_problem.no_prompt', { name })],
  [/^`(.)` is not on a telephone/, ([name = '']) => t('flow_problem.digit', { name })],
  [/^is empty; the caller must hear what to do$/, () => t('flow_problem.no_prompts')],
  [/^is empty; give at least one digit$/, () => t('flow_problem.no_choices')],
  [/^a row names no day$/, () => t('flow_problem.no_day')],
  [/^a row ends before it begins/, () => t('flow_problem.backwards')],
  [/^give both choices and prompts/, () => t('flow_problem.both')],
  [/^there is no queue `(.+)`$/, ([name = '']) => t('flow_problem.no_queue', { name })],
  [/^there is no skill `(.+)`$/, ([name = '']) => t('flow_problem.no_skill', { name })],
  [/^`(.+)` is asked for twice$/, ([name = '']) => t('flow_problem.skill_twice', { name })],
  [/^give (\d+) at most$/, ([most = '']) => t('flow_problem.few', { most })],
  [/^write a whole number from (-?\d+) to (\d+)$/, ([least = '', most = '']) => t('flow_problem.whole', { least, most })],
  [/^write a SIP URI such as /, () => t('flow_problem.target')],
  [/^write a name of 1 to (\d+) characters$/, ([most = '']) => t('flow_problem.name', { most })],
  [/^write the id of a person/, () => t('flow_problem.no_person')],
  [/^is more than max_digits$/, () => t('flow_problem.min_max')],
  [/^the flow is longer than (\d+) bytes/, ([most = '']) => t('flow_problem.too_long', { most })],
  [/^the flow cannot be read: (.+)$/, ([name = '']) => t('flow_problem.no_json', { name })],
  [/^version (.+) is not known; write (.+)$/, ([value = '', most = '']) => t('flow_problem.version', { value, most })],
  [/^a flow has 1 to (\d+) nodes$/, ([most = '']) => t('flow_problem.nodes', { most })],
  [/^names `(.*)`, and there is no such node$/, ([name = '']) => t('flow_problem.start', { name })],
  [/^cannot be read: missing field `(.+)`/, ([name = '']) => t('flow_problem.missing_field', { name })],
  [/^cannot be read: unknown field `([^`]+)`/, ([name = '']) => t('flow_problem.unknown_field', { name })],
  [/^cannot be read: (.+)$/, ([name = '']) => t('flow_problem.unreadable', { name })],
]

/** The sentence in the reader's language; the check's own where it is not known. */
export function flowProblem(message: string): string {
  for (const [form, words] of FORMS) {
    const found = form.exec(message)
    if (found) return words(found.slice(1))
  }
  return message
}

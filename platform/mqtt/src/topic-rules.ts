/** Which topics a client may name at all, before any policy is asked. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { MqttLimits } from './types.ts';

type TopicLimits = Pick<MqttLimits, 'topicLevelsMax' | 'topicMaxBytes'>;

/** U+0000 is forbidden by MQTT-1.5.3-2; the other controls have no place in a topic or a log line. U+FFFD is what wrong UTF-8 became. */
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ufffd]/;

function shape(topic: string, limits: TopicLimits): Result<void, Refusal> {
  if (topic.length === 0)
    return refuse('invalid', 'TOPIC_EMPTY', 'name a topic: it is empty, wanted at least one character');
  const bytes = Buffer.byteLength(topic);
  if (bytes > limits.topicMaxBytes)
    return refuse(
      'too-large',
      'TOPIC_TOO_LONG',
      `name a topic: ${bytes} bytes, wanted at most ${limits.topicMaxBytes}`,
    );
  if (FORBIDDEN.test(topic))
    return refuse(
      'invalid',
      'TOPIC_CHARACTER',
      `name a topic: ${JSON.stringify(topic)} holds a character that no topic has`,
    );
  const levels = topic.split('/').length;
  if (levels > limits.topicLevelsMax)
    return refuse(
      'too-large',
      'TOPIC_TOO_DEEP',
      `name a topic: ${levels} levels, wanted at most ${limits.topicLevelsMax}`,
    );
  return ok(undefined);
}

const hasWildcard = (topic: string): boolean => topic.includes('#') || topic.includes('+');

/** A topic that something is published to: no wildcards. */
export function checkPublishTopic(topic: string, limits: TopicLimits): Result<void, Refusal> {
  const shaped = shape(topic, limits);
  if (!shaped.ok) return shaped;
  return hasWildcard(topic)
    ? refuse('invalid', 'TOPIC_WILDCARD', `publish to "${topic}": wanted a topic without wildcards`)
    : ok(undefined);
}

/** A will is published when nobody can be asked any more, so it stays under the own prefix whatever the policy. */
export function checkWillTopic(topic: string, prefix: string, limits: TopicLimits): Result<void, Refusal> {
  const allowed = checkPublishTopic(topic, limits);
  if (!allowed.ok) return allowed;
  return topic.startsWith(prefix)
    ? ok(undefined)
    : refuse('forbidden', 'WILL_ELSEWHERE', `leave a will on "${topic}": wanted a topic under "${prefix}"`);
}

/** A filter with a wildcard would match what others are told, unless it begins below the own prefix. */
export function checkFilter(filter: string, prefix: string, limits: TopicLimits): Result<void, Refusal> {
  const shaped = shape(filter, limits);
  if (!shaped.ok) return shaped;
  return !hasWildcard(filter) || filter.startsWith(prefix)
    ? ok(undefined)
    : refuse('forbidden', 'FILTER_ELSEWHERE', `subscribe to "${filter}": wanted wildcards only under "${prefix}"`);
}

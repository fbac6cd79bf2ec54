import { formatNetwork } from '../model/address.ts';
import { formatMonitor } from '../model/monitor.ts';
import { formatIso } from '../model/time.ts';
import type {
  CountedPart,
  ExplainedCondition,
  ExplainedEvent,
  ExplainedRule,
  Explanation,
  NotJudged,
  SettingChange,
  SourceLine,
} from '../simulate/explain/explanation.ts';
import { rounded } from './csv.ts';
import { rangeText } from './explanation-table.ts';

/** An explanation as JSON values; key order is part of the format. */
export function explanationJson(version: string, explanation: Explanation): unknown {
  const { event, refusedBy, rules } = explanation;
  return {
    hindcast: version,
    event: eventJson(event),
    refused_by: refusedBy ?? null,
    rules: rules.map(ruleJson),
  };
}

function eventJson(event: ExplainedEvent): unknown {
  const { timeMs, kind, ip, node, phase, phases, session, queueId } = event;
  const { sender, recipient, code, reason, logged, file, line, text } = event;
  return {
    time: formatIso(timeMs),
    kind,
    ip,
    node,
    phase,
    phases,
    session,
    queue_id: queueId,
    sender,
    recipient,
    code: code === '' ? null : Number(code),
    reason,
    verdict: logged,
    file,
    line,
    text,
  };
}

function ruleJson(rule: ExplainedRule): unknown {
  const { name, verdict, fired, notJudged, key, node, conditions, changes, lines } = rule;
  const head = { name, verdict, judged: notJudged === undefined, fired };
  if (notJudged !== undefined) return { ...head, reason: reasonJson(notJudged) };
  return {
    ...head,
    key,
    node: node ?? null,
    conditions: conditions.map(conditionJson),
    changes: changes.map(changeJson),
    lines: { total: lines.total, newest: lines.newest.map(lineJson) },
  };
}

function reasonJson(why: NotJudged): unknown {
  return 'network' in why ? { ...why, network: formatNetwork(why.network) } : why;
}

function conditionJson(condition: ExplainedCondition): unknown {
  const { form, holds, count, limit, missing, min, silent, parts, contributors } = condition;
  return {
    form,
    holds,
    count,
    limit: Number(rounded(limit, 3)),
    missing: missing ?? null,
    ...(min === undefined ? {} : { min }),
    ...(form === 'surge' ? { silent } : {}),
    parts: parts.map(partJson),
    addresses:
      contributors === undefined
        ? null
        : {
            total: contributors.total,
            top: contributors.top.map(({ key, count: own }) => ({ ip: key, count: own })),
          },
  };
}

function partJson({ role, what, monitor, range, sum, windows, values }: CountedPart): unknown {
  return {
    role,
    counted: 'listener' in what ? { ...what, listener: what.listener ?? null } : what,
    sum,
    ...(monitor === undefined || range === undefined
      ? {}
      : {
          monitor: formatMonitor(monitor),
          windows: rangeText(range),
          by_window: windows.map(({ number, startMs, count }) => {
            return { window: number, start: formatIso(startMs), count };
          }),
        }),
    ...(values === undefined ? {} : { values: { total: values.total, first: values.first } }),
  };
}

function changeJson({ setting, condition, from, to, count }: SettingChange): unknown {
  const value = (own: SettingChange['to']): unknown =>
    typeof own === 'number' ? own : rangeText(own);
  return {
    setting,
    condition: condition === undefined ? null : condition + 1,
    from: value(from),
    to: value(to),
    count,
  };
}

function lineJson({ file, line, timeMs, text }: SourceLine): unknown {
  return { file, line, time: formatIso(timeMs), text };
}

import { agreementOf } from './agreement.ts';
import { objectAgreementOf, type FoundAlike } from './object-agreement.ts';
import { opinionsByKind, type TruthOpinion } from './truth-opinions.ts';

/**
 * How far annotators agree, as metrics by name: `agreement/…` over all, `agreement/pair-2-7/…` by pair, `agreement/annotator-2/accuracy` by the
 * consensus. What cannot be said is no metric.
 *
 * @param opinions - Of classes, or of objects.
 * @returns None where no datapoint has two opinions.
 */
export function agreementMetrics(
  opinions: readonly TruthOpinion[],
  classes: readonly string[],
): Record<string, number> {
  const { labels, drawn } = opinionsByKind(opinions);
  return { ...classMetrics(labels, classes), ...objectMetrics(drawn) };
}

function classMetrics(
  opinions: Parameters<typeof agreementOf>[0],
  classes: readonly string[],
): Record<string, number> {
  const agreement = agreementOf(opinions, classes);
  if (!agreement) return {};
  const { datapoints, alpha, fleiss, pairs, accuracies, disputed } = agreement;
  return {
    'agreement/datapoints': datapoints,
    'agreement/disputed_share': disputed.length / datapoints,
    ...known({ 'agreement/alpha': alpha, 'agreement/fleiss': fleiss }),
    ...Object.fromEntries(
      pairs.map(({ one, other, kappa }) => [`agreement/pair-${one}-${other}/kappa`, kappa]),
    ),
    ...Object.fromEntries(
      Object.entries(accuracies).map(([who, share]) => [`agreement/annotator-${who}/accuracy`, share]),
    ),
  };
}

function objectMetrics(opinions: Parameters<typeof objectAgreementOf>[0]): Record<string, number> {
  const agreement = objectAgreementOf(opinions);
  if (!agreement) return {};
  return {
    'agreement/datapoints': agreement.datapoints,
    ...foundAlike('agreement', agreement),
    ...Object.assign(
      {},
      ...agreement.pairs.map((pair) => foundAlike(`agreement/pair-${pair.one}-${pair.other}`, pair)),
    ),
  } as Record<string, number>;
}

function foundAlike(prefix: string, { f1, overlap, dice }: FoundAlike): Record<string, number> {
  return known({ [`${prefix}/f1`]: f1, [`${prefix}/iou`]: overlap, [`${prefix}/dice`]: dice });
}

function known(values: Readonly<Record<string, number | null>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

import leven from 'leven';

/** A release in the list of a repository. */
export interface ListedTag {
  readonly tag: string;
  readonly isDraft: boolean;
}

/**
 * Finds the tag that was most likely meant by one that has no release: it differs only by case, by `v`, `release-` or
 * `refs/tags/` at its start, or by one or two typing errors (one if it has fewer than 6 characters). Its numbers are
 * the same: those of another version are no typing error, and its release would be the wrong one.
 *
 * @returns the nearest; of two that are equally near a published one, else the first
 */
export function nearTag(tag: string, listed: readonly ListedTag[]): string | undefined {
  const wanted = withoutPrefix(tag);
  const wantedNumbers = numbersIn(wanted);
  return listed
    .filter((other) => other.tag !== tag)
    .map((other) => ({ ...other, plain: withoutPrefix(other.tag) }))
    .filter(({ plain }) => numbersIn(plain) === wantedNumbers)
    .map((other) => ({
      ...other,
      errors: leven(wanted, other.plain),
      // Prefixes count only among tags that are otherwise equally near.
      withPrefix: leven(tag.toLowerCase(), other.tag.toLowerCase()),
    }))
    .filter(({ errors, tag: { length } }) => errors <= (length < 6 ? 1 : 2))
    .toSorted(
      (a, b) => a.errors - b.errors || a.withPrefix - b.withPrefix || Number(a.isDraft) - Number(b.isDraft),
    )[0]?.tag;
}

/** What is left of a tag without what people leave out or add: `1.0` of `Release-v1.0`. */
function withoutPrefix(tag: string): string {
  return tag.toLowerCase().replace(/^(?:refs\/tags\/)?(?:release[-/_])?(?:v(?=.))?(?=.)/, '');
}

/** All digits in a text, without zeros at the start of a number. Where numbers begin and end may be mistyped. */
function numbersIn(text: string): string {
  return (text.match(/\d+/g) ?? []).map((digits) => digits.replace(/^0+(?=\d)/, '')).join('');
}

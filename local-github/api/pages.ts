/** A part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `Link` header, which is missing when there is one page. */
  readonly link: string | undefined;
}

/**
 * The page of a list that a query asks for: of 30 things by default, and of 100 at most.
 * Follows https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
 *
 * @param url of the list, without a query
 */
export function pageOf<Item>(all: readonly Item[], query: URLSearchParams, url: string): Page<Item> {
  const size = Math.min(wholeNumber(query.get('per_page')) ?? 30, 100);
  const number = wholeNumber(query.get('page')) ?? 1;
  const last = Math.max(1, Math.ceil(all.length / size));

  const links: string[] = [];
  const add = (rel: string, to: number) => {
    const there = new URLSearchParams(query);
    there.set('page', String(to));
    links.push(`<${url}?${there}>; rel="${rel}"`);
  };
  if (number > 1) add('prev', Math.min(number - 1, last));
  if (number < last) {
    add('next', number + 1);
    add('last', last);
  }
  if (number > 1) add('first', 1);
  return {
    items: all.slice((number - 1) * size, number * size),
    link: links.length > 0 ? links.join(', ') : undefined,
  };
}

/** A number of 1 or more; anything else counts as not said. */
function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

/** Remembers the last answer for as long as the key stays; an answer that threw is asked for again. */
export function readOnce<T>(): (key: string, ask: () => Promise<T>) => Promise<T> {
  let known: { readonly key: string; readonly answer: Promise<T> } | undefined;
  return (key, ask) => {
    if (known?.key === key) return known.answer;
    const answer = ask();
    known = { key, answer };
    answer.catch(() => {
      if (known?.answer === answer) known = undefined;
    });
    return answer;
  };
}

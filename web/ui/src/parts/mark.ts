/** What a state looks like: a colour, a shape, and always a word beside them. */
export type Mark = 'ready' | 'ring' | 'talk' | 'hold' | 'wrap' | 'off' | 'bad'

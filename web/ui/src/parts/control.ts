/** What a field hands to its control, so that its label, hint and error are the control's. */
export interface Control {
  id: string
  'aria-invalid': 'true' | undefined
  'aria-describedby': string | undefined
}

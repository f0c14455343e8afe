// The part of an object's metadata that Sallyport looks at.

export interface Metadata {
  readonly name: string
  /** Empty for cluster-scoped kinds. */
  readonly namespace?: string
  readonly labels?: { readonly [key: string]: string }
  readonly annotations?: { readonly [key: string]: string }
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
}

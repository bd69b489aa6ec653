/** Delta's log actions: https://github.com/delta-io/delta/blob/master/PROTOCOL.md */

export type DeltaType =
  | string
  | { readonly type: "array"; readonly elementType: DeltaType; readonly containsNull: boolean }
  | {
      readonly type: "map";
      readonly keyType: DeltaType;
      readonly valueType: DeltaType;
      readonly valueContainsNull: boolean;
    }
  | { readonly type: "struct"; readonly fields: readonly DeltaField[] };

export interface DeltaField {
  readonly name: string;
  readonly type: DeltaType;
  readonly nullable: boolean;
  /** `lakewire.typeOid`, `lakewire.typmod`, `lakewire.default`, `comment`, `delta.columnMapping.*`, … */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface DeletionVector {
  readonly storageType: "u" | "i" | "p";
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  readonly cardinality: number;
}

export interface Add {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly deletionVector?: DeletionVector;
}

export interface Remove {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly size?: number;
  readonly deletionVector?: DeletionVector;
}

export interface MetaData {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: {
    readonly provider: string;
    readonly options: Readonly<Record<string, string>>;
  };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number;
}

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[];
  readonly writerFeatures?: readonly string[];
}

export type Action =
  | { readonly add: Add }
  | { readonly remove: Remove }
  | { readonly metaData: MetaData }
  | { readonly protocol: Protocol }
  | {
      readonly txn: {
        readonly appId: string;
        readonly version: number;
        readonly lastUpdated?: number;
      };
    }
  | {
      readonly domainMetadata: {
        readonly domain: string;
        readonly configuration: string;
        readonly removed: boolean;
      };
    }
  | { readonly commitInfo: Readonly<Record<string, unknown>> };

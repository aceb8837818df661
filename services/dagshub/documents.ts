/** The GraphQL documents of the official client, cut to what the port asks for. */
const datasourceFields = 'id name rootUrl preprocessingStatus type';

export const findDatasourceDocument = `query datasource($id: ID, $name: String) {
  datasource(id: $id, name: $name) { ${datasourceFields} metadataFields { name valueType multiple tags } }
}`;

export const createDatasourceDocument = `mutation createDatasource($name: String!, $url: String!, $dsType: DatasourceType!) {
  createDatasource(name: $name, url: $url, dsType: $dsType) { ${datasourceFields} }
}`;

export const scanDatasourceDocument = `mutation scanDatasource($id: ID!, $options: [ScanOption]) {
  scanDatasource(id: $id, options: $options) { ${datasourceFields} }
}`;

export const queryDatapointsDocument = `query datasourceQuery($datasource: ID!, $queryInput: QueryInput, $first: Int, $after: String) {
  datasourceQuery(datasource: $datasource, filter: $queryInput, first: $first, after: $after) {
    edges { node { id path metadata { key value } } }
    pageInfo { hasNextPage endCursor }
    selectFields { name valueType }
  }
}`;

export const updateMetadataDocument = `mutation updateMetadata($datasource: ID!, $datapoints: [DatapointMetadataInput!]!) {
  updateMetadata(datasource: $datasource, datapoints: $datapoints) { path }
}`;

export const deleteMetadataDocument = `mutation deleteMetadata($datasource: ID!, $datapoints: [DatapointMetadataDeleteInput!]!) {
  deleteMetadata(datasource: $datasource, datapoints: $datapoints) { path }
}`;

export const updateFieldsDocument = `mutation updateMetadataFieldProps($datasource: ID!, $props: [MetadataFieldPropsInput!]!) {
  updateMetadataFieldProps(datasource: $datasource, props: $props) { name valueType multiple tags }
}`;

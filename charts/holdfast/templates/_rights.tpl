{{- define "holdfast.clusterRole" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: holdfast
  labels: {{- include "holdfast.labels" .root | nindent 4 }}
rules: {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: holdfast
  labels: {{- include "holdfast.labels" .root | nindent 4 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: holdfast }
{{ include "holdfast.subject" .root }}
{{- end }}

{{- define "holdfast.namespaceRole" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: holdfast-apps
  namespace: {{ .namespace }}
  labels: {{- include "holdfast.labels" .root | nindent 4 }}
rules: {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: holdfast-apps
  namespace: {{ .namespace }}
  labels: {{- include "holdfast.labels" .root | nindent 4 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: holdfast-apps }
{{ include "holdfast.subject" .root }}
{{- end }}

{{- /* Rights only add up, so without Secrets everything else has to be named. */ -}}
{{- define "holdfast.reading" -}}
{{- if .Values.rbac.readSecrets -}}
- apiGroups: [ "*" ]
  resources: [ "*" ]
  verbs: [ get, list, watch ]
{{- else -}}
- apiGroups: [ "" ]
  resources:
    - configmaps
    - endpoints
    - events
    - limitranges
    - namespaces
    - nodes
    - persistentvolumeclaims
    - persistentvolumes
    - pods
    - podtemplates
    - replicationcontrollers
    - resourcequotas
    - serviceaccounts
    - services
  verbs: [ get, list, watch ]
- apiGroups:
    - admissionregistration.k8s.io
    - apiextensions.k8s.io
    - apiregistration.k8s.io
    - apps
    - autoscaling
    - batch
    - coordination.k8s.io
    - discovery.k8s.io
    - events.k8s.io
    - flowcontrol.apiserver.k8s.io
    - gateway.networking.k8s.io
    - holdfast.dev
    - monitoring.coreos.com
    - networking.k8s.io
    - node.k8s.io
    - policy
    - rbac.authorization.k8s.io
    - scheduling.k8s.io
    - storage.k8s.io
  resources: [ "*" ]
  verbs: [ get, list, watch ]
{{- end }}
{{- end }}

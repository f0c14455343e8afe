// Prints the API server's verdict on resources, by the API server's own code: the definitions named as arguments are
// validated first (structural schema, CEL types and cost budget), then each line of standard input, one resource in
// JSON, is answered by one line, a JSON list of what is wrong with it. Empty: it would be created.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

type kind struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
}

func main() {
	kinds := map[string]*kind{}
	for _, path := range os.Args[1:] {
		name, k, err := load(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, path+":", err)
			os.Exit(1)
		}
		kinds[name] = k
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		if err := out.Encode(judge(kinds, lines.Bytes())); err != nil {
			os.Exit(1)
		}
	}
}

func load(path string) (string, *kind, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	crd := &v1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(text, crd); err != nil {
		return "", nil, err
	}
	v1.SetDefaults_CustomResourceDefinition(crd)
	v1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := v1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(crd, internal, nil); err != nil {
		return "", nil, err
	}
	internal.Status.StoredVersions = []string{crd.Spec.Versions[0].Name}
	if errs := crdvalidation.ValidateCustomResourceDefinition(context.Background(), internal); len(errs) > 0 {
		return "", nil, errs.ToAggregate()
	}
	// The conversion moves the schema of a single version to the top.
	props := internal.Spec.Validation.OpenAPIV3Schema
	structural, err := schema.NewStructural(props)
	if err != nil {
		return "", nil, err
	}
	validator, _, err := validation.NewSchemaValidator(props)
	if err != nil {
		return "", nil, err
	}
	return crd.Spec.Names.Kind, &kind{structural, validator, cel.NewValidator(structural, true, celconfig.PerCallLimit)}, nil
}

// In the order of the API server's create handler, with fieldValidation=Strict.
func judge(kinds map[string]*kind, line []byte) []string {
	errs := []string{}
	var document interface{}
	if err := json.Unmarshal(line, &document); err != nil {
		return append(errs, err.Error())
	}
	object, ok := whole(document).(map[string]interface{})
	if !ok {
		return append(errs, "not an object")
	}
	name, _ := object["kind"].(string)
	k := kinds[name]
	if k == nil {
		return append(errs, "no such kind: "+name)
	}
	options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object, k.structural, true, options) {
		errs = append(errs, "unknown field "+path)
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(object, k.structural)
	defaulting.Default(object, k.structural)
	list := validation.ValidateCustomResource(nil, object, k.validator)
	list = append(list, listtype.ValidateListSetsAndMaps(nil, k.structural, object)...)
	if len(list) == 0 {
		list, _ = k.rules.Validate(context.Background(), nil, k.structural, object, nil, celconfig.RuntimeCELCostBudget)
	}
	for _, err := range list {
		errs = append(errs, err.Error())
	}
	return errs
}

// The API server decodes numbers without a fraction as integers.
func whole(value interface{}) interface{} {
	switch typed := value.(type) {
	case map[string]interface{}:
		for key, member := range typed {
			typed[key] = whole(member)
		}
	case []interface{}:
		for index, item := range typed {
			typed[index] = whole(item)
		}
	case float64:
		if typed == float64(int64(typed)) {
			return int64(typed)
		}
	}
	return value
}
